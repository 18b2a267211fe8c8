//! The checks of `tidings-tidy`, held against this repository.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use tidings_tidy::metadata::Metadata;
use tidings_tidy::tree::{self, SourceFile};
use tidings_tidy::{Finding, bans, dependencies, edges, length, links, manifests, npm, scripts};

static FILES: LazyLock<Vec<SourceFile>> = LazyLock::new(|| tree::read(&tree::root()));
static METADATA: LazyLock<Metadata> = LazyLock::new(|| Metadata::of_workspace(&tree::root()));

#[track_caller]
fn expect_none(findings: &[Finding]) {
    let lines: BTreeSet<String> = findings.iter().map(ToString::to_string).collect();
    let report: Vec<String> = lines.into_iter().collect();
    assert!(
        findings.is_empty(),
        "{} found:\n{}",
        report.len(),
        report.join("\n")
    );
}

#[test]
fn crates_depend_on_each_other_along_the_listed_edges_only() {
    expect_none(&edges::check_direction(
        &tree::read_list("edges.toml"),
        &METADATA,
    ));
}

#[test]
fn the_inner_crates_link_no_runtime_no_http_and_no_database() {
    expect_none(&edges::check_purity(
        &tree::read_list("edges.toml"),
        &METADATA,
    ));
}

#[test]
fn rust_packages_come_from_crates_io_under_licences_that_let_anyone_embed_us() {
    let rules = tree::read_list("dependencies.toml");
    let npm_licences = npm::shipped_licences(&FILES);
    expect_none(&dependencies::check(&rules, &METADATA, &npm_licences));
}

#[test]
fn npm_packages_come_from_npm_and_those_that_ship_have_such_licences_too() {
    expect_none(&npm::check(&tree::read_list("dependencies.toml"), &FILES));
}

#[test]
fn source_files_stay_short_enough_to_be_read_in_one_go() {
    expect_none(&length::check_lines(
        &tree::read_list("lengths.toml"),
        &FILES,
    ));
}

#[test]
fn no_file_is_so_large_that_it_must_be_foreign_data() {
    expect_none(&length::check_bytes(
        &tree::read_list("lengths.toml"),
        &FILES,
    ));
}

#[test]
fn habits_with_a_better_replacement_are_not_used() {
    expect_none(&bans::check_texts(&tree::read_list("bans.toml"), &FILES));
}

#[test]
fn files_and_folders_are_named_after_what_they_hold() {
    expect_none(&bans::check_names(&tree::read_list("bans.toml"), &FILES));
}

#[test]
fn every_rust_module_opens_by_saying_what_it_owns() {
    expect_none(&manifests::check_openings(&FILES));
}

#[test]
fn every_crate_takes_its_lints_edition_and_licence_from_the_workspace() {
    expect_none(&manifests::check_inheritance(&FILES));
}

#[test]
fn links_between_documents_lead_somewhere() {
    expect_none(&links::check(&FILES));
}

#[test]
fn scripts_stop_at_their_first_failure_and_can_be_started() {
    expect_none(&scripts::check(&FILES));
}

#[test]
fn nothing_names_the_folder_of_this_checkout() {
    let root = tree::root().display().to_string();
    let here = FILES
        .iter()
        .filter(|file| root.len() > 1 && file.text.contains(&root));
    let problem = "names a path of the machine that it was written on";
    let findings: Vec<Finding> = here.map(|file| Finding::of(&file.path, problem)).collect();
    expect_none(&findings);
}
