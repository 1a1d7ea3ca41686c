//! Many rows in one statement.

use std::fmt::Write as _;

/// Rows a statement: both databases limit the parameters of one (32,766 and 65,535).
pub(crate) const ROWS: usize = 500;

/// `($1, $2), ($3, $4)`, ..: a place for each parameter of `rows` rows of `columns`.
pub(crate) fn values(rows: usize, columns: usize) -> String {
    let mut sql = String::new();
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=columns {
            let end = if column == columns { ")" } else { ", " };
            // Writing to a string cannot fail.
            let _infallible = write!(sql, "${}{end}", row * columns + column);
        }
    }
    sql
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_through_all_rows() {
        assert_eq!(values(1, 1), "($1)");
        assert_eq!(values(3, 2), "($1, $2), ($3, $4), ($5, $6)");
    }
}
