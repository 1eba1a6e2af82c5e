//! bundle
fn main(){}
