//! The list of rules itself.

use std::collections::HashSet;

use bedrock_profile_core::gate::RULES;

#[test]
fn each_rule_has_its_own_id_and_name() {
    let ids: HashSet<_> = RULES.iter().map(|rule| rule.id).collect();
    let names: HashSet<_> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!((ids.len(), names.len()), (RULES.len(), RULES.len()));
}

#[test]
fn each_rule_says_what_it_does_and_where_that_is_known_from() {
    for rule in RULES {
        assert!(rule.summary.ends_with('.') && !rule.summary.contains("  "), "{}", rule.id);
        assert!(!rule.evidence.is_empty(), "{}", rule.id);
        assert!(rule.evidence.iter().all(|link| link.starts_with("https://")), "{}", rule.id);
    }
}

#[test]
fn rules_run_in_the_order_that_keeps_them_from_fighting() {
    let place = |id: &str| RULES.iter().position(|rule| rule.id == id).expect("a rule");
    let order = [
        "M24", "M25", "M31", "M33", "M36", "S11", "R18", "R24", "R25", "R8", "R19", "R26", "R28",
        "R30", "R6", "S2", "R1", "R23", "S1", "S5", "S10", "T1", "T8", "R4", "R5", "R20", "R31",
        "M1", "M38", "M9", "M40", "M12", "M16", "M37", "M41", "M42", "M43", "P1", "P5",
    ];
    assert!(order.windows(2).all(|pair| place(pair[0]) < place(pair[1])));
}
