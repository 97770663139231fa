//! Cache points that the caller wants and did not place (`promptCache`).
//!
//! A cache is hit where a call has a point at the same place, after the same prefix, as a call
//! before it. So the places follow from what stands before them, never from what will come after:
//! the end of the tools, of the system prompt and of the last two user turns. The last turn's
//! point writes what the next call reads, where that turn is the last but one.
//!
//! What is planned is lawful: [`super::gate`] finds nothing to change in it.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::blocks::{content_of, holds, is_cache_point, is_only};
use super::cache::{Section, Spot, can_precede, spots};
use super::change::Change;
use super::draft::Draft;
use super::separate::is_between;
use crate::model::ModelCapabilities;
use crate::operation::Operation;

/// What the changes name as their rule. It is none of [`super::RULES`]: without it the request is
/// as lawful.
const RULE: &str = "cache-plan";

/// Points in messages: one that the next call reads, one that this call reads.
const TURNS: usize = 2;

/// More than any model says unasked, in tokens, where there are tools or a schema for the response.
const UNSEEN: u64 = 1000;

/// More than a model puts around a block, in tokens.
const AROUND: u64 = 16;

/// How long a cache lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Ttl {
    /// Bedrock's default.
    #[serde(rename = "5m")]
    FiveMinutes,
    /// Where the model offers it; else five minutes.
    #[serde(rename = "1h")]
    OneHour,
}

/// The option `promptCache`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromptCache {
    /// How long what is cached lives; five minutes where it is absent.
    pub ttl: Option<Ttl>,
}

/// Adds the cache points that the model takes and the caller left out. What is not known of a
/// model's caching is not used.
pub fn plan(
    request: &mut Map<String, Value>,
    capabilities: &ModelCapabilities,
    wanted: PromptCache,
) -> Vec<Change> {
    let caching = &capabilities.prompt_caching;
    let max = caching.max_checkpoints.known().map(|max| usize::try_from(*max).unwrap_or(0));
    let Some(max) = max.filter(|_| caching.supported.yes()) else {
        return Vec::new();
    };
    let mut draft = Draft::new(request, capabilities, Operation::Converse.into());
    draft.begin(RULE);
    let given = spots(&draft);
    for section in sections(&draft, &given, max) {
        let Some(index) = place(section.blocks(&draft)) else { continue };
        let long = lasts_an_hour(&draft, &given, section, wanted);
        let reason = reason(&draft, section, wanted);
        let point = if long {
            json!({ "cachePoint": { "type": "default", "ttl": "1h" } })
        } else {
            // Without a ttl: it means five minutes, on models that know no ttl too.
            json!({ "cachePoint": { "type": "default" } })
        };
        draft.add(section.path().index(index), point, reason);
    }
    draft.finish(request).changes
}

/// The sections to add a point to, in the order that the model reads them.
fn sections(draft: &Draft<'_>, given: &[Spot], max: usize) -> Vec<Section> {
    let fields = &draft.capabilities.prompt_caching.fields;
    let accepted = |section: Section| fields.has(&section.name().to_owned());
    let open = |section: &Section| !given.iter().any(|spot| spot.section == *section);
    let mut free = max.saturating_sub(given.len());
    let mut sections = Vec::new();
    if accepted(Section::Message(0)) {
        let turns = last_turns(draft);
        let missing: Vec<Section> = turns.iter().copied().filter(open).collect();
        // A conversation's first call keeps room for the second point, or the next call would have
        // to take another's; and one point that only ever writes is worse than none.
        let needed = TURNS - (turns.len() - missing.len());
        if needed <= free {
            free -= needed;
            sections = missing;
        }
    }
    for section in [Section::System, Section::Tools] {
        let useful = |section: &Section| accepted(*section) && open(section);
        if free > 0 && useful(&section) && place(section.blocks(draft)).is_some() {
            free -= 1;
            sections.push(section);
        }
    }
    sections.retain(|section| may_reach_minimum(draft, *section));
    sections.sort_unstable();
    sections
}

/// The messages that end the last two user turns in which a point may stand, the last one first.
/// Bedrock makes one turn of user messages that follow each other, and the caller knows of one turn
/// only where the gate has split it.
fn last_turns(draft: &Draft<'_>) -> Vec<Section> {
    let messages = draft.messages();
    let is_user = |message: &Value| {
        message.get("role").and_then(Value::as_str) == Some("user") || is_between(message)
    };
    let beside_tools = !draft.capabilities.prompt_caching.beside_tools.no();
    let tool = |block: &Value| holds(block, "toolUse") || holds(block, "toolResult");
    let mut turns = Vec::new();
    let mut end = messages.len();
    while turns.len() < TURNS && end > 0 {
        let before = messages.get(..end).unwrap_or_default();
        let start = before.iter().rposition(|message| !is_user(message)).map_or(0, |at| at + 1);
        let turn = before.get(start..).unwrap_or_default();
        let refused = !beside_tools && turn.iter().flat_map(content_of).any(tool);
        let able = |message: &Value| {
            let blocks = content_of(message);
            !is_between(message) && (place(blocks).is_some() || blocks.iter().any(is_cache_point))
        };
        let last = turn.iter().rposition(able).filter(|_| !refused);
        turns.extend(last.map(|at| Section::Message(start + at)));
        end = start.saturating_sub(1);
    }
    turns
}

/// Where a point may stand in a list: behind the last block that can be cached. None where one
/// stands already.
fn place(blocks: &[Value]) -> Option<usize> {
    let blank = |text: &Value| text.as_str().is_some_and(|text| text.trim().is_empty());
    let able = |block: &Value| {
        block.is_object() && can_precede(block) && !block.get("text").is_some_and(blank)
    };
    let last = blocks.iter().rposition(able)?;
    (!blocks.iter().any(is_cache_point)).then_some(last + 1)
}

/// Whether what is read up to the end of a section could be long enough to be cached. A token is
/// at least a byte; what is not text may be any number. Only what stands before counts, so that the
/// answer is the same in the next call.
fn may_reach_minimum(draft: &Draft<'_>, section: Section) -> bool {
    let min = draft.capabilities.prompt_caching.min_tokens.known().copied().unwrap_or(0);
    let schema = draft.at(&["outputConfig"]).is_some();
    let unseen = schema || !draft.list(&["toolConfig", "tools"]).is_empty();
    let last = match section {
        Section::Message(last) => last + 1,
        _ => 0,
    };
    let lists = [Section::Tools, Section::System].into_iter();
    let lists = lists.chain((0..last).map(Section::Message)).filter(|list| *list <= section);
    let mut most = if unseen { UNSEEN } else { 0 };
    for block in lists.flat_map(|list| list.blocks(draft)) {
        if most >= min {
            break;
        }
        most = most.saturating_add(most_tokens(block));
    }
    most >= min
}

/// More tokens than a block can be.
fn most_tokens(block: &Value) -> u64 {
    let length = |text: &str| u64::try_from(text.len()).unwrap_or(u64::MAX);
    if is_cache_point(block) {
        return 0;
    }
    match block.get("text").and_then(Value::as_str).filter(|_| is_only(block, "text")) {
        Some(text) => length(text).saturating_add(AROUND),
        None if is_only(block, "toolSpec") => length(&block.to_string()).saturating_add(AROUND),
        None => u64::MAX,
    }
}

/// Whether a new point may and should live for an hour: those that do come first.
fn lasts_an_hour(draft: &Draft<'_>, given: &[Spot], section: Section, wanted: PromptCache) -> bool {
    let lasts = |spot: &Spot, long: bool| spot.lasts_an_hour(draft) == Some(long);
    let short_before = given.iter().any(|spot| spot.section < section && lasts(spot, false));
    let long_after = given.iter().any(|spot| spot.section > section && lasts(spot, true));
    !short_before && (long_after || (wanted.ttl == Some(Ttl::OneHour) && has_hour(draft)))
}

fn has_hour(draft: &Draft<'_>) -> bool {
    draft.capabilities.prompt_caching.ttls.has(&"1h".to_owned())
}

fn reason(draft: &Draft<'_>, section: Section, wanted: PromptCache) -> String {
    let what = match section {
        Section::Tools => "tools",
        Section::System => "system prompt",
        Section::Message(_) => "conversation up to here",
    };
    let refused = if wanted.ttl == Some(Ttl::OneHour) && !has_hour(draft) {
        format!(" {} is not known to cache for 1h.", draft.model())
    } else {
        String::new()
    };
    format!("promptCache asks to cache the {what} for the next call.{refused}")
}
