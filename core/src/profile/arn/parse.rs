//! From text to [`IdView`].

use super::base::{
    has_base_form, is_base_id, split_geo, split_geo_of_any_provider, without_variant,
};
use super::{ArnView, IdError, IdKind, IdPart, IdView, MAX_ID_LENGTH};
use crate::profile::partition::{is_region, looks_like_region};
use crate::profile::quote::quoted;

const ARN_FORM: &str = "an ARN is \"arn:aws:bedrock:<region>:<account>:<type>/<id>\"";

pub(super) fn parse(id: &str) -> Result<IdView<'_>, IdError> {
    check_text(id)?;
    let (bare, region) = undecorate(id);
    if bare.is_empty() {
        return Err(IdError::new(
            IdPart::Whole,
            id,
            "nothing is left of it without the client's own prefix",
            "a model id such as \"anthropic.claude-sonnet-4-6\" must follow",
        ));
    }
    if matches!(bare, "." | "..") {
        return Err(IdError::new(
            IdPart::Whole,
            id,
            "it is a step in a path, not a name",
            "give a model id, the ARN of a profile, or an alias of the mappings",
        ));
    }
    let mut parsed = if bare.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("arn:")) {
        parse_arn(bare)?
    } else {
        parse_name(bare)?
    };
    if bare.len() < id.len() {
        parsed.decorated = Some(id);
        parsed.decorated_region = region;
    }
    Ok(parsed)
}

/// What no id may hold, decorated or not.
fn check_text(id: &str) -> Result<(), IdError> {
    if id.is_empty() {
        return Err(IdError::empty());
    }
    // Nearly every id.
    if id.len() <= MAX_ID_LENGTH && id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let length = id.chars().count();
    if length > MAX_ID_LENGTH {
        let wrong = format!("it has {length} characters");
        let right = format!("AWS takes at most {MAX_ID_LENGTH}");
        return Err(IdError::new(IdPart::Length, id, &wrong, &right));
    }
    for (at, character) in id.chars().enumerate() {
        if character.is_whitespace() {
            let place = if at == 0 {
                "whitespace stands before it".to_owned()
            } else if id.trim_end().chars().count() <= at {
                "whitespace stands after it".to_owned()
            } else {
                format!("whitespace stands at character {}", at + 1)
            };
            let right = "take it out; only an alias that is a key of the mappings may hold spaces";
            return Err(IdError::new(IdPart::Character, id, &place, right));
        }
        if character.is_control() {
            let code = u32::from(character);
            let wrong =
                format!("a control character (U+{code:04X}) stands at character {}", at + 1);
            return Err(IdError::new(IdPart::Character, id, &wrong, "take it out"));
        }
    }
    Ok(())
}

/// Takes off what clients write around an id; the region where the decoration holds one.
fn undecorate(id: &str) -> (&str, Option<&str>) {
    let mut bare = id;
    let mut region = None;
    if let Some(rest) = bare.strip_prefix("bedrock/") {
        bare = rest;
        if let Some((first, rest)) = bare.split_once('/')
            && looks_like_region(first)
        {
            region = Some(first);
            bare = rest;
        }
    }
    bare = bare.strip_prefix("converse/").unwrap_or(bare);
    bare = bare.strip_suffix("[1m]").or_else(|| bare.strip_suffix("[1M]")).unwrap_or(bare);
    (bare, region)
}

fn parse_name(id: &str) -> Result<IdView<'_>, IdError> {
    let legal =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':');
    let is_legal = |c: char| u8::try_from(c).is_ok_and(legal);
    if !id.bytes().all(legal)
        && let Some((at, illegal)) = id.chars().enumerate().find(|(_, c)| !is_legal(*c))
    {
        let wrong = format!(
            "{} cannot stand in a model id (character {})",
            quoted(&illegal.to_string()),
            at + 1
        );
        let right = match illegal {
            '%' => "give the id as AWS shows it, it is percent-encoded when it is sent",
            '"' | '\'' | '`' | '“' | '”' | '‘' | '’' => "take the quotation marks off",
            '\u{2010}'..='\u{2015}' | '\u{2212}' => "write a plain hyphen (-)",
            _ => {
                "letters, digits, \"-\", \".\", \"_\" and \":\" can; an alias with other characters must be a key of the mappings"
            }
        };
        return Err(IdError::new(IdPart::Character, id, &wrong, right));
    }
    let mut parsed = IdView {
        text: id,
        decorated: None,
        decorated_region: None,
        kind: IdKind::Alias,
        arn: None,
        model: None,
        geo: None,
    };
    if let Some((geo, base)) = split_geo(id) {
        parsed.kind = IdKind::SystemProfile;
        parsed.geo = Some(geo);
        parsed.model = Some(without_variant(base));
    } else if is_base_id(id) {
        parsed.kind = IdKind::FoundationModel;
        parsed.model = Some(without_variant(id));
    }
    Ok(parsed)
}

fn parse_arn(id: &str) -> Result<IdView<'_>, IdError> {
    let mut parts = id.splitn(6, ':');
    let six = std::array::from_fn(|_| parts.next());
    let [
        Some(scheme),
        Some(partition),
        Some(service),
        Some(region),
        Some(account),
        Some(resource),
    ]: [Option<&str>; 6] = six
    else {
        let wrong = format!("it has {} of the 6 parts of an ARN", six.iter().flatten().count());
        return Err(IdError::new(IdPart::Whole, id, &wrong, ARN_FORM));
    };
    let fail = |part, wrong: String, right: &str| Err(IdError::new(part, id, &wrong, right));
    if scheme != "arn" {
        return fail(
            IdPart::Whole,
            format!("it begins with {}", quoted(scheme)),
            "an ARN begins with \"arn\" in small letters",
        );
    }
    if !is_partition(partition) {
        let right =
            "it must be \"aws\", \"aws-us-gov\", \"aws-cn\" or another that begins with \"aws-\"";
        return fail(
            IdPart::Partition,
            format!("the partition (part 2) is {}", quoted(partition)),
            right,
        );
    }
    // Projects are of the service whose endpoint speaks OpenAI's API, or of Bedrock itself.
    if matches!(service, "bedrock" | "bedrock-mantle") && resource.starts_with("project/") {
        let right = "a project is named in projectIdentifier, beside the id of a model or of a system \
                     profile";
        return fail(
            IdPart::Resource,
            format!("it is the ARN of a project ({}), which cannot be called", quoted(resource)),
            right,
        );
    }
    if service != "bedrock" && service != "sagemaker" {
        let right = "it must be \"bedrock\", or \"sagemaker\" for a Marketplace endpoint";
        return fail(
            IdPart::Service,
            format!("the service (part 3) is {}", quoted(service)),
            right,
        );
    }
    // The destinations of global profiles are foundation models without a region.
    let is_foundation_model = resource.starts_with("foundation-model/");
    if !(is_region(region) || (region.is_empty() && is_foundation_model)) {
        let right = "it must be a region's name such as \"us-east-1\"";
        return fail(IdPart::Region, format!("the region (part 4) is {}", quoted(region)), right);
    }
    if is_foundation_model && !account.is_empty() {
        let right = "a foundation model has none (\"…::foundation-model/…\")";
        return fail(
            IdPart::Account,
            format!("the account (part 5) is {}", quoted(account)),
            right,
        );
    }
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    if !is_foundation_model && !is_account {
        let right = "it must be the 12 digits of the account's number";
        return fail(
            IdPart::Account,
            format!("the account (part 5) is {}", quoted(account)),
            right,
        );
    }
    if service == "sagemaker" && partition != "aws" {
        let right = "Marketplace endpoints exist in \"aws\" only";
        return fail(
            IdPart::Partition,
            format!("the partition (part 2) is {}", quoted(partition)),
            right,
        );
    }
    let resource = match parse_resource(service, resource) {
        Ok(resource) => resource,
        Err(Misfit { wrong, right }) => return fail(IdPart::Resource, wrong, &right),
    };
    Ok(IdView {
        text: id,
        decorated: None,
        decorated_region: None,
        kind: resource.kind,
        arn: Some(ArnView { partition, region, account, resource_id: resource.id }),
        model: resource.model.map(without_variant),
        geo: resource.geo,
    })
}

fn is_partition(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text == "aws"
        || text.strip_prefix("aws-").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(legal))
}

/// The last part of an ARN, understood.
struct Resource<'a> {
    kind: IdKind,
    id: &'a str,
    model: Option<&'a str>,
    geo: Option<&'a str>,
}

/// Why the last part of an ARN cannot be one.
struct Misfit {
    wrong: String,
    right: String,
}

fn parse_resource<'a>(service: &str, resource: &'a str) -> Result<Resource<'a>, Misfit> {
    let misfit = |right: &str| Misfit {
        wrong: format!("the resource (part 6) is {}", quoted(resource)),
        right: right.to_owned(),
    };
    let Some((name, id)) = resource.split_once('/') else {
        return Err(misfit(
            "it must be \"<type>/<id>\", such as \"application-inference-profile/abc123def456\"",
        ));
    };
    let kind = match (service, name) {
        ("sagemaker", "endpoint") => IdKind::SagemakerEndpoint,
        ("sagemaker", _) => {
            return Err(misfit("of SageMaker only \"endpoint/<name>\" can be called"));
        }
        (_, "foundation-model") => IdKind::FoundationModel,
        (_, "inference-profile") => IdKind::SystemProfile,
        (_, "application-inference-profile") => IdKind::ApplicationProfile,
        (_, "provisioned-model") => IdKind::ProvisionedModel,
        (_, "custom-model") => IdKind::CustomModel,
        (_, "custom-model-deployment") => IdKind::CustomModelDeployment,
        (_, "imported-model") => IdKind::ImportedModel,
        (_, "prompt-router") => IdKind::PromptRouter,
        (_, "default-prompt-router") => IdKind::DefaultPromptRouter,
        (_, "prompt") => IdKind::Prompt,
        _ => {
            return Err(misfit(
                "its type must be one that can be called: application-inference-profile, inference-profile, \
                 foundation-model, provisioned-model, custom-model, custom-model-deployment, imported-model, \
                 prompt-router, default-prompt-router or prompt",
            ));
        }
    };
    let (fits, right) = fits(kind, id);
    if !fits {
        return Err(misfit(right));
    }
    let (geo, model) = match kind {
        IdKind::FoundationModel => (None, Some(id)),
        IdKind::SystemProfile => match split_geo_of_any_provider(id) {
            Some((geo, base)) => (Some(geo), Some(base)),
            None => (None, is_base_id(id).then_some(id)),
        },
        // `custom-model/imported/<id>` has no base model.
        IdKind::CustomModel => (None, id.split('/').next().filter(|base| has_base_form(base))),
        _ => (None, None),
    };
    Ok(Resource { kind, id, model, geo })
}

/// Whether the id can be one of its kind, and what would be right. Where AWS documents a fixed
/// length but has been seen with others, any length up to 64 is taken.
fn fits(kind: IdKind, id: &str) -> (bool, &'static str) {
    let made_of = |longest: usize, extra: &[u8]| {
        (1..=longest).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || extra.contains(&byte))
    };
    match kind {
        IdKind::FoundationModel => (
            has_base_form(id),
            "it must hold a model id such as \"foundation-model/anthropic.claude-sonnet-4-6\"",
        ),
        IdKind::SystemProfile | IdKind::ApplicationProfile | IdKind::DefaultPromptRouter => (
            made_of(64, b"-:."),
            "the id after \"/\" must be 1 to 64 letters, digits, \"-\", \":\" and \".\"",
        ),
        IdKind::CustomModel => {
            (fits_custom_model(id), "it must be \"custom-model/<base model id>/<id>\"")
        }
        IdKind::Prompt => {
            let (name, version) = id.split_once(':').unwrap_or((id, "1"));
            let named = (1..=64).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
            let versioned = (1..=5).contains(&version.len())
                && version.bytes().all(|byte| byte.is_ascii_digit());
            (
                named && versioned,
                "it must be \"prompt/<id>\" or \"prompt/<id>:<version>\", the version being 1 to 5 digits",
            )
        }
        IdKind::SagemakerEndpoint => {
            (made_of(63, b"-"), "the endpoint's name must be 1 to 63 letters, digits and \"-\"")
        }
        _ => (
            made_of(64, b"-_"),
            "the id after \"/\" must be 1 to 64 letters, digits, \"-\" and \"_\"",
        ),
    }
}

fn fits_custom_model(id: &str) -> bool {
    let (base, suffix) = id.split_once('/').unwrap_or((id, "1"));
    (base == "imported" || has_base_form(base))
        && (1..=64).contains(&suffix.len())
        && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
