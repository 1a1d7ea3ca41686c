//! "Did you mean": the known name that is nearest to an unknown one.

/// `; did you mean X?` with the nearest of `known`, or nothing when none is near. Case, dashes and
/// underscores make no difference, nor does the prefix of the environment variables.
pub(super) fn suggestion(unknown: &str, known: impl Iterator<Item = String>) -> String {
    let wanted = plain(unknown);
    let tolerated = (wanted.chars().count() / 3).clamp(1, 4);
    let nearest =
        known.map(|name| (distance(&wanted, &plain(&name)), name)).min_by_key(|(far, _)| *far);
    match nearest {
        Some((far, name)) if far <= tolerated => format!("; did you mean {name}?"),
        _ => String::new(),
    }
}

fn plain(name: &str) -> String {
    let name = name.trim_start_matches('-').replace('-', "_").to_ascii_lowercase();
    name.strip_prefix("octoprox_").unwrap_or(&name).to_owned()
}

/// How many characters must be changed, added or left out (Levenshtein).
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (above, from) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = above + 1;
        for (column, to) in right.iter().enumerate() {
            let changed = diagonal + usize::from(from != *to);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_counted_in_characters() {
        let cases =
            [("kitten", "sitting", 3), ("", "abc", 3), ("äb", "ab", 1), ("same", "same", 0)];
        for (left, right, far) in cases {
            assert_eq!(distance(left, right), far, "{left} {right}");
            assert_eq!(distance(right, left), far, "{right} {left}");
        }
    }

    #[test]
    fn only_near_names_are_suggested() {
        let known = || ["proxy_port", "api_port"].map(str::to_owned).into_iter();
        assert_eq!(suggestion("--proxy-prot", known()), "; did you mean proxy_port?");
        assert_eq!(suggestion("OCTOPROX_API_PORT", known()), "; did you mean api_port?");
        assert_eq!(suggestion("service_host", known()), "");
        assert_eq!(suggestion("", known()), "");
        assert_eq!(suggestion("x", std::iter::empty()), "");
    }
}
