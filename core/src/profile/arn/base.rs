//! The grammar of foundation-model ids and of the geo prefixes that make system profiles of them.

use crate::labels::{is_geo_prefix, is_provider};

/// Whether a text has the form of a foundation-model id:
/// `provider "." name {"." name} [":" version [":" variant]]`.
pub(super) fn has_base_form(id: &str) -> bool {
    let (name, suffixes) = id.split_once(':').map_or((id, None), |(name, rest)| (name, Some(rest)));
    let suffixes = suffixes.into_iter().flat_map(|suffixes| suffixes.split(':'));
    (2..=4).contains(&name.split('.').count())
        && suffixes.clone().count() <= 2
        && name.split('.').chain(suffixes).all(is_segment)
}

fn is_segment(part: &str) -> bool {
    (1..=63).contains(&part.len())
        && part
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Whether a text is a foundation-model id, as far as a text can tell: of the right form, with a
/// known provider, or with one that may be new (and not an alias or a prefix before a known one).
pub(super) fn is_base_id(id: &str) -> bool {
    let (first, rest) = id.split_once('.').unwrap_or((id, ""));
    has_base_form(id)
        && (is_provider(first) || (!is_geo_prefix(first) && !begins_with_provider(rest)))
}

fn begins_with_provider(text: &str) -> bool {
    text.split_once('.').is_some_and(|(first, _)| is_provider(first))
}

/// Cuts the geo prefix off a system profile id. Only before a known provider, so that no base id is cut.
pub(super) fn split_geo(id: &str) -> Option<(&str, &str)> {
    let (geo, base) = split_geo_of_any_provider(id)?;
    begins_with_provider(base).then_some((geo, base))
}

/// As [`split_geo`], where the ARN already says that it is a system profile.
pub(super) fn split_geo_of_any_provider(id: &str) -> Option<(&str, &str)> {
    let (geo, base) = id.split_once('.')?;
    (is_geo_prefix(geo) && has_base_form(base)).then_some((geo, base))
}

/// The id without the variant of its context window (`…-v2:0:51k`): it is the same model.
pub(super) fn without_variant(id: &str) -> &str {
    match id.match_indices(':').nth(1) {
        Some((at, _)) => id.get(..at).unwrap_or(id),
        None => id,
    }
}
