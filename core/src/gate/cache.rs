//! Cache points: in tools, in system and in messages, which the model reads in that order.

use serde_json::Value;

use super::blocks::{content_of, holds, is_cache_point};
use super::change::Action;
use super::draft::Draft;
use super::path::Path;
use super::rule::{On, Rule};

const PAGE: &str = "https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html";

/// A list that may hold cache points; ordered as the model reads them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Section {
    Tools,
    System,
    Message(usize),
}

impl Section {
    pub(super) fn path(self) -> Path {
        match self {
            Self::Tools => Path::from(["toolConfig", "tools"]),
            Self::System => Path::from(["system"]),
            Self::Message(index) => Path::message(index).key("content"),
        }
    }

    /// The name of the section in [`crate::model::capabilities::PromptCaching::fields`].
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::System => "system",
            Self::Message(_) => "messages",
        }
    }

    pub(super) fn blocks<'d>(self, draft: &'d Draft<'_>) -> &'d [Value] {
        match self {
            Self::Tools => draft.list(&["toolConfig", "tools"]),
            Self::System => draft.list(&["system"]),
            Self::Message(index) => draft.content(index),
        }
    }
}

/// Where a cache point stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    pub(super) section: Section,
    index: usize,
}

impl Spot {
    pub(super) fn path(self) -> Path {
        self.section.path().index(self.index)
    }

    fn drop(self, draft: &mut Draft<'_>, reason: &str) {
        match self.section {
            Section::Message(message) => draft.drop_block(message, self.index, reason),
            _ => {
                draft.drop(self.path(), reason);
            }
        }
    }

    /// Whether what is cached here lives for an hour; `None` where `ttl` is no text.
    pub(super) fn lasts_an_hour(self, draft: &Draft<'_>) -> Option<bool> {
        match draft.get(&self.path().key("cachePoint").key("ttl")) {
            None => Some(false),
            Some(ttl) => ttl.as_str().map(|ttl| ttl == "1h"),
        }
    }
}

pub(super) const P1: Rule = Rule {
    id: "P1",
    name: "cache-points-unsupported",
    summary: "Drops cache points on models without prompt caching.",
    evidence: &["https://github.com/BerriAI/litellm/issues/39210"],
    on: On::Conversations,
    apply: |draft| {
        if draft.capabilities.prompt_caching.supported.no() {
            let reason = format!("{} does not support prompt caching.", draft.model());
            drop_points(draft, &reason, |_, _| true);
        }
    },
};

pub(super) const P2: Rule = Rule {
    id: "P2",
    name: "too-many-cache-points",
    summary: "Keeps the last cache points, as many as the model accepts in tools, system and \
              messages together.",
    evidence: &[PAGE],
    on: On::Conversations,
    apply: |draft| {
        let Some(max) = draft.capabilities.prompt_caching.max_checkpoints.known().copied() else {
            return;
        };
        let spots = spots(draft);
        let surplus = usize::try_from(max).map_or(0, |max| spots.len().saturating_sub(max));
        let reason = format!(
            "{} accepts at most {max} cache points in tools, system and messages together; the \
             last {max} were kept.",
            draft.model()
        );
        for spot in spots.iter().take(surplus).rev() {
            spot.drop(draft, &reason);
        }
    },
};

pub(super) const P4: Rule = Rule {
    id: "P4",
    name: "cache-ttl-unsupported",
    summary: "Drops a ttl that the model does not accept; the cache then lives for five minutes.",
    evidence: &[PAGE],
    on: On::Conversations,
    apply: |draft| {
        let ttls = &draft.capabilities.prompt_caching.ttls;
        for spot in spots(draft) {
            let path = spot.path().key("cachePoint").key("ttl");
            let Some(ttl) = draft.get(&path).and_then(Value::as_str).map(str::to_owned) else {
                continue;
            };
            if ttls.lacks(&ttl) {
                let reason = format!("{} does not cache for {ttl}.", draft.model());
                draft.drop(path, reason);
            }
        }
    },
};

pub(super) const P5: Rule = Rule {
    id: "P5",
    name: "cache-ttl-order",
    summary: "Sets the ttl of a cache point of one hour that follows one of five minutes to five \
              minutes.",
    evidence: &[PAGE],
    on: On::Conversations,
    apply: |draft| {
        if !draft.capabilities.prompt_caching.ttls.has(&"1h".to_owned()) {
            return;
        }
        let mut short = false;
        for spot in spots(draft) {
            let Some(long) = spot.lasts_an_hour(draft) else {
                continue;
            };
            if long && short {
                let path = spot.path().key("cachePoint").key("ttl");
                let reason = "A cache of one hour may not follow one of five minutes.";
                draft.set(path, "5m".into(), Action::Rewrite, reason);
            }
            short |= !long;
        }
    },
};

pub(super) const P6: Rule = Rule {
    id: "P6",
    name: "cache-points-in-tools",
    summary: "Drops cache points in a section where the model accepts none (Nova: in tools).",
    evidence: &[PAGE, "https://github.com/danny-avila/LibreChat/issues/13838"],
    on: On::Conversations,
    apply: |draft| {
        let fields = &draft.capabilities.prompt_caching.fields;
        if fields.known().is_none_or(Vec::is_empty) {
            return;
        }
        for section in [Section::Tools, Section::System, Section::Message(0)] {
            let name = section.name();
            if fields.lacks(&name.to_owned()) {
                let reason = format!("{} accepts no cache points in {name}.", draft.model());
                drop_points(draft, &reason, |_, spot| spot.section.name() == name);
            }
        }
    },
};

pub(super) const P7: Rule = Rule {
    id: "P7",
    name: "cache-point-place",
    summary: "Moves a cache point that stands first in its list, or right after reasoning, a video \
              or a document that is not a PDF, to the nearest place where there is something to \
              cache.",
    evidence: &["https://github.com/pydantic/pydantic-ai"],
    on: On::Conversations,
    apply: |draft| {
        if !draft.capabilities.prompt_caching.supported.yes() {
            return;
        }
        for section in sections(draft) {
            let mut index = 0;
            while index < section.blocks(draft).len() {
                // A point that went forward, or away, leaves another block in its place.
                if settle(draft, Spot { section, index }) {
                    index += 1;
                }
            }
        }
    },
};

pub(super) const P8: Rule = Rule {
    id: "P8",
    name: "cache-points-beside-tools",
    summary: "Drops cache points of messages with toolUse or toolResult, where the model refuses \
              them there (Nova).",
    evidence: &["https://github.com/LibreChat-AI/agents"],
    on: On::Conversations,
    apply: |draft| {
        if !draft.survey.tools || !draft.capabilities.prompt_caching.beside_tools.no() {
            return;
        }
        let model = draft.model();
        let reason = format!("{model} accepts no cache points in messages with tool calls.");
        drop_points(draft, &reason, |draft, spot| {
            let tool = |block: &Value| holds(block, "toolUse") || holds(block, "toolResult");
            matches!(spot.section, Section::Message(_))
                && spot.section.blocks(draft).iter().any(tool)
        });
    },
};

/// The lists that hold cache points, in the order that the model reads them.
fn sections(draft: &Draft<'_>) -> Vec<Section> {
    let marked = |section: &Section| section.blocks(draft).iter().any(is_cache_point);
    let mut sections: Vec<Section> =
        [Section::Tools, Section::System].into_iter().filter(marked).collect();
    if draft.survey.cache_points {
        let marked = |message: &Value| content_of(message).iter().any(is_cache_point);
        let messages = draft.messages().iter().enumerate();
        sections.extend(
            messages
                .filter(|(_, message)| marked(message))
                .map(|(index, _)| Section::Message(index)),
        );
    }
    sections
}

/// All cache points, in the order that the model reads them.
pub(super) fn spots(draft: &Draft<'_>) -> Vec<Spot> {
    let mut spots = Vec::new();
    for section in sections(draft) {
        let blocks = section.blocks(draft).iter().enumerate();
        let points = blocks.filter(|(_, block)| is_cache_point(block));
        spots.extend(points.map(|(index, _)| Spot { section, index }));
    }
    spots
}

/// Drops cache points from the last to the first, so that indexes stay true.
fn drop_points(draft: &mut Draft<'_>, reason: &str, applies: impl Fn(&Draft<'_>, Spot) -> bool) {
    for spot in spots(draft).into_iter().rev() {
        if applies(draft, spot) {
            spot.drop(draft, reason);
        }
    }
}

/// Whether a cache point may stand right after a block.
pub(super) fn can_precede(block: &Value) -> bool {
    // Bedrock renders PDFs where they stand, other documents elsewhere.
    let pdf = |document: &Value| document.get("format").and_then(Value::as_str) == Some("pdf");
    !holds(block, "reasoningContent")
        && !holds(block, "video")
        && block.get("document").filter(|value| !value.is_null()).is_none_or(pdf)
}

/// Moves a misplaced cache point to where it is accepted, or drops it where there is no such
/// place. `false` where another block now stands at the spot.
fn settle(draft: &mut Draft<'_>, spot: Spot) -> bool {
    let Spot { section, index } = spot;
    let blocks = section.blocks(draft);
    let Some((before, rest)) = blocks.split_at_checked(index) else {
        return true;
    };
    let Some((point, after)) = rest.split_first() else {
        return true;
    };
    if !is_cache_point(point) || before.last().is_some_and(can_precede) {
        return true;
    }
    // Backwards over what it may not follow; a point that is there already does the same.
    let back = before.iter().rposition(can_precede);
    let twin = back.and_then(|at| before.get(at)).is_some_and(is_cache_point);
    let forward = after.iter().position(|block| !is_cache_point(block) && can_precede(block));
    let next_twin = forward.and_then(|at| after.get(at + 1)).is_some_and(is_cache_point);
    let to = match (back, forward) {
        (Some(at), _) if !twin => Some(at + 1),
        // Counted after the point has left: the block itself now stands at `index + at`.
        (None, Some(at)) if !next_twin => Some(index + at + 1),
        _ => None,
    };
    let Some(to) = to else {
        spot.drop(draft, "There is nothing to cache before this cache point.");
        return false;
    };
    let reason = "There is nothing to cache right before this cache point; it was moved to the \
                  nearest place where there is.";
    draft.mv(spot.path(), section.path().index(to), reason);
    to < index
}
