//! Text as the rules compare, search and write it.

use sea_orm::{
    Condition,
    sea_query::{Expr, ExprTrait, Func, IntoColumnRef, LikeExpr},
};

/// A condition that the column contains the term, ignoring case. `%` and `_` are ordinary.
///
/// SQLite lowers ASCII letters only, so a term with other letters is also looked up as it is.
pub fn contains(column: impl IntoColumnRef + Copy, term: &str) -> Condition {
    let lowered = term.to_lowercase();
    let found = Expr::expr(Func::lower(Expr::col(column))).like(pattern(&lowered));
    if lowered.is_ascii() {
        return Condition::all().add(found);
    }
    Condition::any().add(found).add(Expr::col(column).like(pattern(term)))
}

fn pattern(term: &str) -> LikeExpr {
    let escaped = term.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    LikeExpr::new(format!("%{escaped}%")).escape('\\')
}

/// The words of a search: split at blanks and commas; quotes keep a phrase together.
pub fn search_terms(search: &str) -> Vec<String> {
    let mut terms = Vec::new();
    let mut term = String::new();
    let mut quote = None;
    for letter in search.chars() {
        match (quote, letter) {
            (None, '"' | '\'') if term.is_empty() => quote = Some(letter),
            (Some(open), _) if letter == open => {
                quote = None;
                push(&mut terms, &mut term);
            }
            (None, ',') => push(&mut terms, &mut term),
            (None, _) if letter.is_whitespace() => push(&mut terms, &mut term),
            _ => term.push(letter),
        }
    }
    push(&mut terms, &mut term);
    terms
}

fn push(terms: &mut Vec<String>, term: &mut String) {
    if !term.is_empty() {
        terms.push(std::mem::take(term));
    }
}

/// Two digits a byte, in lower case.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::search_terms;

    #[test]
    fn a_search_is_split_at_blanks_and_commas_and_keeps_quoted_phrases() {
        assert_eq!(
            search_terms(r#"pay,gate "two words" it's"#),
            ["pay", "gate", "two words", "it's"]
        );
        assert!(search_terms("  , ").is_empty());
    }
}
