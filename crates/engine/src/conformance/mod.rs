//! What every adapter of a port must do, as suites of cases that each adapter runs.
//!
//! A case is a sentence and takes a fresh store. An adapter's tests name a function that opens one
//! and let [`conformance_tests!`](crate::conformance_tests) make a test of each case. This is test
//! code that ships in the library because several crates need it; no product code calls it.

#![allow(
    clippy::unwrap_used,
    reason = "a case fails by panicking, as every test does"
)]

pub mod accounts;
pub mod history;
pub mod invitations;
pub mod log;
pub mod receipts;
pub mod resume;
pub mod rooms;
pub mod sessions;
pub mod stage;

/// Makes a test of each case of all suites. Takes the path, from the crate's root, of an async
/// function without arguments that opens an empty store: it answers the store's ports and whatever
/// must be kept until the test ends.
#[macro_export]
macro_rules! conformance_tests {
    ($open:path) => {
        $crate::conformance_tests!($open; log:
            a_log_says_where_it_ends
            seqs_are_dense_in_each_room_and_positions_rise_over_all
            an_event_is_read_as_it_was_answered
            several_bodies_are_appended_together_and_the_first_carries_the_client_id
            a_retry_makes_one_event
            a_retry_is_known_for_ever
            a_retry_in_the_same_batch_makes_one_event
            a_client_id_belongs_to_one_sender_and_one_room
            a_stale_append_leaves_no_trace_and_disturbs_nobody
            a_change_in_the_same_batch_makes_later_decisions_stale
            a_room_is_made_once_and_by_its_creation
            a_deleted_room_takes_nothing_more
            only_changes_raise_a_rooms_version
            an_unknown_kind_only_raises_the_head
            an_invitation_for_one_lets_one_in
            an_invitation_that_is_not_live_opens_nothing
            a_retried_join_spends_one_use
        );
        $crate::conformance_tests!($open; resume:
            a_rooms_log_is_read_in_pages
            the_first_event_after_any_position_is_found
            a_users_rooms_include_those_that_ended_since_a_position
            receipts_that_rose_since_a_position_are_found
            an_unread_mark_is_found_since_a_position
            a_receipt_is_stamped_with_the_end_of_its_batch
        );
        $crate::conformance_tests!($open; receipts:
            watermarks_only_rise_and_stay_within_the_log
            receipts_of_one_batch_build_on_each_other
            who_is_no_member_has_no_watermarks
            who_comes_back_has_their_watermarks_again
            receipts_follow_memberships_within_a_batch
            ones_own_send_moves_ones_own_watermarks
            unread_counts_others_messages_after_the_watermark
            what_a_member_may_not_see_is_not_unread
            marking_unread_counts_again_until_the_next_read
            the_latest_mark_counts
            ones_own_send_lifts_the_mark
            mentions_are_counted_among_the_unread
            counts_are_capped
            rooms_with_unread_messages_are_listed
            a_rooms_receipts_are_those_of_its_members
        );
        $crate::conformance_tests!($open; history:
            a_message_reads_as_it_was_sent
            history_is_read_backwards_in_pages
            history_is_read_forwards_in_pages
            what_is_no_message_is_not_found
            deleting_a_room_blanks_its_messages
        );
        $crate::conformance_tests!($open; rooms:
            a_room_is_what_its_log_has_made_it
            a_membership_begins_changes_ends_and_begins_again
            joining_again_gives_another_role_and_nothing_else
            what_is_said_of_strangers_changes_no_membership
            a_ban_holds_until_it_is_lifted
            a_ban_holds_for_who_is_not_there
            a_deletion_ends_all_memberships
            a_room_and_a_membership_come_together
            members_are_listed_in_pages
            people_are_acquainted_by_a_present_room
            my_rooms_come_with_the_latest_first_in_pages
            my_room_shows_where_i_stand
            my_room_shows_no_message_from_before_i_could_see
            a_direct_room_names_the_other_person
            open_rooms_are_found_by_name
            closed_rooms_are_not_listed
        );
        $crate::conformance_tests!($open; invitations:
            an_invitation_is_found_by_its_code
            live_invitations_are_listed
            a_room_keeps_a_bounded_number_of_live_invitations
            a_saved_answer_is_found_by_its_owner
            the_first_saved_answer_stays_until_it_is_old
            old_answers_are_forgotten
        );
        $crate::conformance_tests!($open; accounts:
            the_secret_stays_the_same
            a_username_belongs_to_one_user
            credentials_are_found_by_username
            a_user_is_provisioned_at_first_sight
            a_provisioned_user_takes_nobodys_username
            a_change_changes_what_it_names
            last_seen_only_rises
            people_are_found_by_their_names
            an_api_key_lives_until_it_is_revoked
        );
        $crate::conformance_tests!($open; sessions:
            a_session_lives_until_it_is_ended
            all_sessions_but_one_are_ended
            a_device_belongs_to_one_user
            the_devices_unused_for_longest_make_room
            a_device_is_renamed_and_removed_by_its_user
            a_refresh_token_turns_over
            a_reused_refresh_token_ends_the_session
            a_refresh_token_from_the_future_ends_nothing
            an_expired_session_is_gone
        );
    };
    ($open:path; $suite:ident: $($case:ident)*) => {
        mod $suite {
            $(
                #[tokio::test]
                async fn $case() {
                    let (store, _kept) = $open().await;
                    $crate::conformance::$suite::$case(store).await;
                }
            )*
        }
    };
}

#[cfg(test)]
mod tests {
    /// A case that nobody runs would be a promise that nobody keeps.
    #[test]
    fn every_case_is_in_the_list() {
        let list = include_str!("mod.rs");
        for suite in [
            include_str!("accounts.rs"),
            include_str!("history.rs"),
            include_str!("invitations.rs"),
            include_str!("log.rs"),
            include_str!("receipts.rs"),
            include_str!("resume.rs"),
            include_str!("rooms.rs"),
            include_str!("sessions.rs"),
        ] {
            let cases = suite.split("\npub async fn ").skip(1);
            for case in cases.filter_map(|rest| rest.split('(').next()) {
                let line = format!("            {case}\n");
                assert!(list.contains(&line), "{case} is run by nobody");
            }
        }
    }
}
