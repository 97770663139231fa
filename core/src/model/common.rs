//! What several models have in common, one fact at a time: a prompt router's models, or those of a
//! profile. What one of them refuses is refused; the smallest limit holds; where nobody knows about
//! one of them, a permission is not known either, and nothing is gated because of it.

use super::fact::{EFFORTS, Fact, ReasoningField};

/// The rule for facts of a type; a fact with another meaning names its own in `capabilities.rs`.
pub(super) trait Common: Sized {
    /// What two models have in common.
    fn common(one: &Fact<Self>, other: &Fact<Self>) -> Fact<Self>;
}

/// A permission: given where both give it.
impl Common for bool {
    fn common(one: &Fact<Self>, other: &Fact<Self>) -> Fact<Self> {
        let value = match (one.value, other.value) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        };
        fact(one, other, value)
    }
}

impl Common for u64 {
    fn common(one: &Fact<Self>, other: &Fact<Self>) -> Fact<Self> {
        least(one, other)
    }
}

impl Common for f64 {
    fn common(one: &Fact<Self>, other: &Fact<Self>) -> Fact<Self> {
        least(one, other)
    }
}

/// A name: known where both have the same.
impl Common for String {
    fn common(one: &Fact<Self>, other: &Fact<Self>) -> Fact<Self> {
        same(one, other)
    }
}

/// A list of what is accepted: what stands in both; of an unknown one nothing is taken away.
impl<T: Clone + PartialEq> Common for Vec<T> {
    fn common(one: &Fact<Self>, other: &Fact<Self>) -> Fact<Self> {
        let value = match (one.known(), other.known()) {
            (Some(one), Some(other)) => {
                Some(one.iter().filter(|item| other.contains(item)).cloned().collect())
            }
            (one, other) => one.or(other).cloned(),
        };
        fact(one, other, value)
    }
}

/// A restriction: it holds where one of them has it.
pub(super) fn either(one: &Fact<bool>, other: &Fact<bool>) -> Fact<bool> {
    let value = match (one.value, other.value) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    };
    fact(one, other, value)
}

/// An upper limit, or the earlier day.
pub(super) fn least<T: Clone + PartialOrd>(one: &Fact<T>, other: &Fact<T>) -> Fact<T> {
    pick(one, other, |one, other| one <= other)
}

/// A lower limit.
pub(super) fn most<T: Clone + PartialOrd>(one: &Fact<T>, other: &Fact<T>) -> Fact<T> {
    pick(one, other, |one, other| one >= other)
}

/// Known where both have the same.
pub(super) fn same<T: Clone + PartialEq>(one: &Fact<T>, other: &Fact<T>) -> Fact<T> {
    let value = one.known().filter(|value| other.known() == Some(*value)).cloned();
    fact(one, other, value)
}

/// What one of them demands, and the other does not mind.
pub(super) fn known<T: Clone>(one: &Fact<T>, other: &Fact<T>) -> Fact<T> {
    pick(one, other, |_, _| true)
}

/// A list of what is refused: what stands in either.
pub(super) fn joined<T: Clone + PartialEq>(
    one: &Fact<Vec<T>>,
    other: &Fact<Vec<T>>,
) -> Fact<Vec<T>> {
    let value = match (one.known(), other.known()) {
        (Some(one), Some(other)) => {
            let more = other.iter().filter(|item| !one.contains(item));
            Some(one.iter().chain(more).cloned().collect())
        }
        (one, other) => one.or(other).cloned(),
    };
    fact(one, other, value)
}

/// Where a setting goes: models that take it in different places have no setting in common.
pub(super) fn one_field(
    one: &Fact<ReasoningField>,
    other: &Fact<ReasoningField>,
) -> Fact<ReasoningField> {
    let value = match (one.value, other.value) {
        (Some(one), Some(other)) if one != other => Some(ReasoningField::None),
        (one, other) => one.or(other),
    };
    fact(one, other, value)
}

/// The lower of two efforts.
pub(super) fn lowest_effort(one: &Fact<String>, other: &Fact<String>) -> Fact<String> {
    let place = |effort: &String| EFFORTS.iter().position(|known| known == effort);
    pick(one, other, |one, other| place(one) <= place(other))
}

/// One of two known values, or the one that is known.
fn pick<T: Clone>(one: &Fact<T>, other: &Fact<T>, first: impl Fn(&T, &T) -> bool) -> Fact<T> {
    let value = match (one.known(), other.known()) {
        (Some(one), Some(other)) => Some(if first(one, other) { one } else { other }),
        (one, other) => one.or(other),
    };
    fact(one, other, value.cloned())
}

/// A fact is as trusted as the less trusted of the known ones that it is made of.
fn fact<T, U>(one: &Fact<U>, other: &Fact<U>, value: Option<T>) -> Fact<T> {
    let source = match (&one.value, &other.value) {
        (Some(_), Some(_)) => one.source.max(other.source),
        (Some(_), None) => one.source,
        _ => other.source,
    };
    Fact::new(value, source)
}

#[cfg(test)]
mod tests {
    use super::super::Source;
    use super::*;

    fn of<T>(value: T) -> Fact<T> {
        Fact::new(Some(value), Source::Catalog)
    }

    #[test]
    fn a_permission_needs_both_and_a_restriction_one() {
        for (one, other, both, one_of_them) in [
            (Some(true), Some(true), Some(true), Some(true)),
            (Some(true), Some(false), Some(false), Some(true)),
            (Some(false), None, Some(false), None),
            (Some(true), None, None, Some(true)),
            (None, None, None, None),
        ] {
            let (one, other) = (Fact::new(one, Source::Catalog), Fact::new(other, Source::Catalog));
            assert_eq!(Common::common(&one, &other).value, both);
            assert_eq!(Common::common(&other, &one).value, both);
            assert_eq!(either(&one, &other).value, one_of_them);
            assert_eq!(either(&other, &one).value, one_of_them);
        }
    }

    #[test]
    fn the_smaller_limit_holds_and_an_unknown_one_limits_nothing() {
        assert_eq!(Common::common(&of(8192), &of(4096)).value, Some(4096_u64));
        assert_eq!(Common::common(&of(8192), &Fact::default()).value, Some(8192_u64));
        assert_eq!(most(&of(1024), &of(1)).value, Some(1024));
        assert_eq!(lowest_effort(&of("max".into()), &of("low".into())).value, Some("low".into()));
    }

    #[test]
    fn lists_are_cut_to_what_stands_in_both() {
        assert_eq!(Common::common(&of(vec![1, 2, 3]), &of(vec![3, 1])).value, Some(vec![1, 3]));
        assert_eq!(Common::common(&of(vec![1]), &of(vec![2])).value, Some(vec![]));
        assert_eq!(joined(&of(vec![1]), &of(vec![2, 1])).value, Some(vec![1, 2]));
    }

    #[test]
    fn settings_in_different_places_are_none_in_common() {
        let (thinking, nested) =
            (of(ReasoningField::Thinking), of(ReasoningField::NestedReasoningEffort));
        assert_eq!(one_field(&thinking, &nested).value, Some(ReasoningField::None));
        assert_eq!(one_field(&thinking, &thinking).value, Some(ReasoningField::Thinking));
    }

    #[test]
    fn the_less_trusted_source_counts() {
        let guessed = Fact::new(Some(true), Source::Pattern);
        assert_eq!(Common::common(&of(true), &guessed).source, Source::Pattern);
        assert_eq!(Common::common(&of(true), &Fact::default()).source, Source::Assumed);
    }
}
