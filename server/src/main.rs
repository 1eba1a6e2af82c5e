//! ncrs
fn main(){}
