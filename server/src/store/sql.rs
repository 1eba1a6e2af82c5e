//! SQL put together while it runs: text and its arguments, which grow together.

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, Arguments, AssertSqlSafe, Encode, Type};

/// A statement with its arguments.
///
/// Text is `&'static str` or made by [`Sql::bind`], so that nothing from outside becomes SQL.
#[derive(Default)]
pub struct Sql {
    text: String,
    arguments: AnyArguments,
}

impl Sql {
    /// Begins with that text.
    pub fn new(text: &'static str) -> Self {
        Self {
            text: text.to_owned(),
            arguments: AnyArguments::default(),
        }
    }

    /// Goes on with that text.
    pub fn push(&mut self, text: &'static str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Goes on with an argument: `$1`, `$2`…
    ///
    /// # Errors
    /// Where the argument cannot be encoded; texts and numbers always can.
    pub fn bind<T>(&mut self, value: T) -> Result<&mut Self, sqlx::Error>
    where
        T: for<'q> Encode<'q, Any> + Type<Any>,
    {
        self.arguments.add(value).map_err(sqlx::Error::Encode)?;
        self.text.push('$');
        self.text.push_str(&self.arguments.len().to_string());
        Ok(self)
    }

    /// As [`Sql::bind`], for an engine that counts arguments by itself: `?`. SQLite looks up the name of every argument
    /// that has one among all of the statement, which takes longer than the rest where there are thousands.
    ///
    /// # Errors
    /// As [`Sql::bind`].
    pub fn bind_unnamed<T>(&mut self, value: T) -> Result<&mut Self, sqlx::Error>
    where
        T: for<'q> Encode<'q, Any> + Type<Any>,
    {
        self.arguments.add(value).map_err(sqlx::Error::Encode)?;
        self.text.push('?');
        Ok(self)
    }

    /// Goes on with arguments and commas between them.
    ///
    /// # Errors
    /// As [`Sql::bind`].
    pub fn bind_all<T>(
        &mut self,
        values: impl IntoIterator<Item = T>,
    ) -> Result<&mut Self, sqlx::Error>
    where
        T: for<'q> Encode<'q, Any> + Type<Any>,
    {
        for (index, value) in values.into_iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            self.bind(value)?;
        }
        Ok(self)
    }

    /// The text, for a plan or a test.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Asks the database only how it would go about the statement.
    #[must_use]
    pub fn explained(mut self, explain: &'static str) -> Self {
        self.text.insert_str(0, explain);
        self
    }

    /// To run it.
    pub fn query(self) -> Query<'static, Any, AnyArguments> {
        sqlx::query_with(AssertSqlSafe(self.text), self.arguments)
    }
}

/// A column of a row, by its position.
///
/// # Errors
/// Where there is no such column, or it is of another type.
pub fn column<T>(row: &AnyRow, index: usize) -> Result<T, sqlx::Error>
where
    T: for<'r> sqlx::Decode<'r, Any> + Type<Any>,
{
    sqlx::Row::try_get(row, index)
}
