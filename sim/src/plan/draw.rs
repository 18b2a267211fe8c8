//! Draws a plan from a seed. Most runs are small, so that there are many and each can be
//! understood; some have hundreds of devices.

use std::collections::BTreeSet;

use tidings_domain::presence::Availability;
use tidings_domain::room::HistoryVisibility;
use tidings_protocol::Encoding;

use super::{ClientPlan, Cut, DiskPlan, Honesty, Plan, RoomPlan, ServerPlan, Step};
use crate::random::Rng;

/// How large a run is.
struct Scale {
    users: u64,
    rooms: u64,
    steps: u64,
}

/// The plan of a seed.
#[must_use]
pub fn draw(seed: u64) -> Plan {
    let mut rng = Rng::of(seed, &[1]);
    let scale = scale(&mut rng);
    let users = usize::try_from(scale.users).expect("a few hundred");
    let rooms = (0..scale.rooms).map(|_| room(&mut rng, users)).collect();
    let mut clients = Vec::new();
    for user in 0..users {
        let devices = if rng.chance(350) { 2 } else { 1 };
        clients.extend((0..devices).map(|_| client(&mut rng, user, scale.users)));
    }
    let active_ms = rng.between(4_000, 25_000);
    let mut plan = Plan {
        seed,
        users,
        rooms,
        clients,
        server: server(&mut rng),
        disk: disk(&mut rng),
        steps: Vec::new(),
        left_out: BTreeSet::new(),
        active_ms,
    };
    plan.steps = steps(&mut rng, &plan, scale.steps);
    plan
}

fn scale(rng: &mut Rng) -> Scale {
    match rng.below(100) {
        0 => Scale {
            users: rng.between(120, 220),
            rooms: rng.between(2, 8),
            steps: rng.between(200, 500),
        },
        1..=12 => Scale {
            users: rng.between(8, 30),
            rooms: rng.between(2, 6),
            steps: rng.between(100, 400),
        },
        _ => Scale {
            users: rng.between(2, 6),
            rooms: rng.between(1, 3),
            steps: rng.between(20, 150),
        },
    }
}

fn room(rng: &mut Rng, users: usize) -> RoomPlan {
    let share = rng.between(400, 1_000);
    let mut members: Vec<usize> = (0..users).filter(|_| rng.chance(share)).collect();
    if members.is_empty() {
        members.push(rng.index(users));
    }
    // Who makes a room brings along a hundred people at most.
    members.truncate(100);
    let first = rng.index(members.len());
    members.swap(0, first);
    let history = if rng.chance(500) {
        HistoryVisibility::All
    } else {
        HistoryVisibility::SinceJoined
    };
    RoomPlan { members, history }
}

fn client(rng: &mut Rng, user: usize, users: u64) -> ClientPlan {
    let low = rng.between(1, 60);
    let is_narrow = rng.chance(300);
    ClientPlan {
        user,
        encoding: Encoding::ALL[rng.index(2)],
        delay_ms: (low, low + rng.between(0, 120)),
        window_bytes: usize::try_from(rng.between(4_000, 16_000)).expect("small"),
        outbox_bytes: if is_narrow {
            // The longest frame, the receipts of all in one room, must fit.
            u32::try_from(rng.between(2_500, 12_000) + users.min(100) * 130).expect("small")
        } else {
            256 * 1024
        },
        watches: rng.chance(500),
    }
}

fn server(rng: &mut Rng) -> ServerPlan {
    let memories = [2_000, 20_000, 64 * 1024 * 1024];
    ServerPlan {
        shards: usize::try_from(rng.between(1, 3)).expect("small"),
        recent_bytes: memories[rng.index(memories.len())],
        token_ms: if rng.chance(200) {
            rng.between(4_000, 20_000)
        } else {
            3_600_000
        },
    }
}

fn disk(rng: &mut Rng) -> DiskPlan {
    let is_slow = rng.chance(300);
    let most_ms = if is_slow { 60 } else { 4 };
    DiskPlan {
        read_ms: rng.below(most_ms),
        sync_ms: rng.below(most_ms * 2),
        honesty: Honesty::Syncs,
    }
}

fn steps(rng: &mut Rng, plan: &Plan, count: u64) -> Vec<(u64, Step)> {
    // Which faults there are at all differs from run to run: some bugs hide behind others.
    let faults = [rng.below(120), rng.below(40), rng.below(60)];
    let mut steps = Vec::new();
    for _ in 0..count {
        let at_ms = rng.between(500, plan.active_ms);
        let client = rng.index(plan.clients.len());
        let room = rng.index(plan.rooms.len());
        let step = match rng.below(1_000) {
            n if n < faults[0] => of_line(rng, client),
            n if n < faults[0] + faults[1] => of_server(rng),
            n if n < faults[0] + faults[1] + faults[2] => of_members(rng, plan, room),
            _ => of_talk(rng, client, room),
        };
        steps.push((at_ms, step));
        if rng.chance(10) {
            burst(rng, at_ms, client, room, &mut steps);
        }
    }
    steps.sort_by_key(|(at_ms, _)| *at_ms);
    steps
}

/// Somebody says a lot at once.
fn burst(rng: &mut Rng, at_ms: u64, client: usize, room: usize, steps: &mut Vec<(u64, Step)>) {
    for n in 0..rng.between(10, 25) {
        let bytes = rng.index(1_500) + 20;
        steps.push((
            at_ms + n,
            Step::Say {
                client,
                room,
                bytes,
            },
        ));
    }
}

fn of_talk(rng: &mut Rng, client: usize, room: usize) -> Step {
    match rng.below(100) {
        0..55 => Step::Say {
            client,
            room,
            bytes: rng.index(600) + 20,
        },
        55..65 => Step::Post {
            client,
            room,
            times: rng.between(1, 2),
        },
        65..85 => Step::Read { client, room },
        85..92 => Step::Got { client, room },
        92..96 => Step::Types { client, room },
        _ => Step::Status {
            client,
            is: [
                Availability::Online,
                Availability::Away,
                Availability::Invisible,
            ][rng.index(3)],
        },
    }
}

fn of_members(rng: &mut Rng, plan: &Plan, room: usize) -> Step {
    let owner = plan.rooms[room].members[0];
    let user = rng.index(plan.users);
    // Mostly who may; sometimes who may not.
    let of_owner = |user| plan.clients.iter().position(|client| client.user == user);
    let client = match rng.below(10) {
        0 => rng.index(plan.clients.len()),
        1..4 => of_owner(user).unwrap_or(0),
        _ => of_owner(owner).unwrap_or(0),
    };
    if rng.chance(500) {
        Step::Add { client, room, user }
    } else {
        Step::Remove { client, room, user }
    }
}

fn of_line(rng: &mut Rng, client: usize) -> Step {
    match rng.below(100) {
        0..35 => Step::Cut {
            client,
            arrives: rng.below(1_001),
            how: Cut::Reset,
        },
        35..42 => Step::Cut {
            client,
            arrives: rng.below(1_001),
            how: Cut::Silent,
        },
        42..57 => Step::Stall {
            client,
            ms: rng.between(100, 3_000),
        },
        57..72 => Step::Slow {
            client,
            bytes: rng.index(2_000) + 20,
            ms: rng.between(500, 8_000),
        },
        72..84 => Step::Unplug {
            client,
            ms: rng.between(100, 12_000),
        },
        84..98 => Step::Away {
            client,
            ms: rng.between(50, 10_000),
            goodbye: rng.chance(500),
        },
        _ => Step::Revoke { client },
    }
}

fn of_server(rng: &mut Rng) -> Step {
    match rng.below(100) {
        0..35 => Step::Crash {
            ms: rng.between(20, 4_000),
            tail: rng.chance(500),
        },
        35..45 => Step::Deploy {
            ms: rng.between(20, 3_000),
        },
        45..65 => Step::DiskFails {
            ms: rng.between(10, 2_000),
            done: rng.below(1_001),
        },
        65..75 => Step::ReadsFail {
            ms: rng.between(10, 1_500),
        },
        75..92 => Step::DiskSlow {
            ms: rng.between(100, 5_000),
            by_ms: rng.between(5, 700),
        },
        _ => {
            let hours = i64::try_from(rng.between(0, 4)).expect("small") - 2;
            Step::Clock {
                by_ms: hours * 3_600_000,
            }
        }
    }
}
