//! W1: connections that do nothing, each of a user who is a member of five rooms. What one holds,
//! what one costs while nothing happens, what it costs to open, and whether all comes back.

use std::time::Duration;

use super::each_us;
use crate::bench::Bench;
use crate::clock;
use crate::failure::{Failure, Outcome};
use crate::fleet::Fleet;
use crate::process::Watched;
use crate::report::{Budget, Row, Unit};
use crate::server::Server;
use crate::terminal;
use crate::world::RoomPlan;

/// Rooms of each user, and members of each room.
const ROOMS_PER_USER: u32 = 5;
const MEMBERS_PER_ROOM: u32 = 25;
/// A process is at rest when it used less than this in [`LOOK`].
const REST_CPU_US: u64 = 10_000;
const LOOK: Duration = Duration::from_millis(500);
const LOOKS_MAX: usize = 40;
/// Allocators give memory back with some delay; after this it is theirs for good.
const RETURN_LOOKS: usize = 30;

/// What one kind of server needs for its connections.
struct Figures {
    open_us: f64,
    bytes: f64,
    idle_us: f64,
    returned: f64,
}

/// Runs it.
pub(crate) fn run(bench: &mut Bench) -> Outcome<()> {
    make_world(bench)?;
    let sizes = bench.sizes;
    terminal::step(&format!(
        "W1: {} connections that do nothing",
        sizes.idle_all
    ));
    let server = bench.server()?;
    let members = bench.members(&server, &[], 0..sizes.idle_all)?;
    let watched = server.watched().ok_or_else(|| not_ours(&server))?;
    let measured = watch(bench, watched, members)?;
    server.stop()?;
    terminal::step(&format!("W1: {} connections to the floor", sizes.idle_all));
    let floor = bench.floor()?;
    let members = bench.floor_members(&floor, &[], 0..sizes.idle_all)?;
    let floor = watch(bench, floor.process.watched(), members)?;
    bench.add(rows(bench, &measured, &floor));
    Ok(())
}

fn not_ours(server: &Server) -> Failure {
    Failure::Server(format!("{} was not started by this tool", server.address))
}

/// Users and rooms, by a server that is ended afterwards: the one that is measured finds them in
/// its store, not in its memory.
fn make_world(bench: &mut Bench) -> Outcome<()> {
    let users = bench.sizes.idle_all;
    let server = bench.server()?;
    bench.populate(&server, users, |world| {
        let plans = plans(users);
        terminal::step(&format!(
            "Making {} rooms of {MEMBERS_PER_ROOM}",
            plans.len()
        ));
        world.make_rooms(&plans)
    })?;
    server.stop()
}

/// Rooms in which every user is five times, each time with other people.
fn plans(users: u32) -> Vec<RoomPlan> {
    let groups = users / MEMBERS_PER_ROOM;
    let room = |layer: u32, group: u32| {
        let users = (0..MEMBERS_PER_ROOM).map(|seat| {
            let row = (group + groups - (layer * seat) % groups) % groups;
            row * MEMBERS_PER_ROOM + seat
        });
        RoomPlan {
            name: format!("Room {layer}.{group}"),
            users: users.collect(),
        }
    };
    (0..ROOMS_PER_USER)
        .flat_map(|layer| (0..groups).map(move |group| room(layer, group)))
        .collect()
}

fn watch(bench: &Bench, process: Watched, mut members: Fleet) -> Outcome<Figures> {
    let sizes = bench.sizes;
    let empty_bytes = process.private_bytes()?;
    members.open(0..sizes.idle_first)?;
    let first_bytes = at_rest(process)?;
    let before_us = process.cpu_us()?;
    members.open(sizes.idle_first..sizes.idle_all)?;
    let opened = sizes.idle_all - sizes.idle_first;
    let all_bytes = at_rest(process)?;
    let open_us = each_us(process.cpu_us()? - before_us, u64::from(opened));
    terminal::note(&format!("nothing happens for {} s", sizes.idle_s));
    let before_us = process.cpu_us()?;
    clock::rest(Duration::from_secs(sizes.idle_s));
    let idle_us = process.cpu_us()? - before_us;
    members.close()?;
    let left_bytes = returned(process, empty_bytes, all_bytes)?;
    let all = f64::from(sizes.idle_all);
    terminal::note(&format!(
        "private memory: {} without connections, {} with {}, {} with {}, {} when all had left",
        mebibytes(empty_bytes),
        mebibytes(first_bytes),
        sizes.idle_first,
        mebibytes(all_bytes),
        sizes.idle_all,
        mebibytes(left_bytes),
    ));
    Ok(Figures {
        open_us,
        bytes: (all_bytes as f64 - first_bytes as f64) / f64::from(opened),
        idle_us: idle_us as f64 / sizes.idle_s as f64 / all,
        returned: share_returned(empty_bytes, all_bytes, left_bytes),
    })
}

/// Waits until a process has nothing to do; its memory then.
fn at_rest(process: Watched) -> Outcome<u64> {
    for _ in 0..LOOKS_MAX {
        let before_us = process.cpu_us()?;
        clock::rest(LOOK);
        if process.cpu_us()? - before_us < REST_CPU_US {
            break;
        }
    }
    clock::rest(LOOK * 2);
    process.private_bytes()
}

/// Waits for memory to come back: until nearly all has, or for a while.
fn returned(process: Watched, empty_bytes: u64, all_bytes: u64) -> Outcome<u64> {
    let mut left_bytes = all_bytes;
    for _ in 0..RETURN_LOOKS {
        clock::rest(LOOK);
        left_bytes = process.private_bytes()?;
        if share_returned(empty_bytes, all_bytes, left_bytes) > 95.0 {
            break;
        }
    }
    Ok(left_bytes)
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / 1_048_576.0)
}

/// In percent of what the connections took.
fn share_returned(empty_bytes: u64, all_bytes: u64, left_bytes: u64) -> f64 {
    let taken = all_bytes as f64 - empty_bytes as f64;
    (all_bytes as f64 - left_bytes as f64) / taken * 100.0
}

fn rows(bench: &Bench, measured: &Figures, floor: &Figures) -> [Row; 4] {
    let scale = bench.scale;
    let row = |what: &str, unit, budget, measured, floor| {
        Row::alone("W1", what.to_owned(), unit, budget, measured).beside(floor)
    };
    [
        row(
            "memory of a connection at rest",
            Unit::Bytes,
            Budget::AtMost(scale.of(3_000.0, 6_000.0)),
            measured.bytes,
            floor.bytes,
        ),
        row(
            "CPU of a connection at rest, each second",
            Unit::CpuUs,
            scale.of(Budget::AtMost(1.0), Budget::Shown),
            measured.idle_us,
            floor.idle_us,
        ),
        row(
            "opening a connection and joining its rooms",
            Unit::CpuUs,
            scale.of(Budget::AtMost(150.0), Budget::AtMostTimesFloor(10.0)),
            measured.open_us,
            floor.open_us,
        ),
        row(
            "memory that comes back when all have left",
            Unit::Percent,
            scale.of(Budget::AtLeast(80.0), Budget::Shown),
            measured.returned,
            floor.returned,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_in_five_rooms_of_twenty_five_and_meets_other_people_in_each() {
        let plans = plans(18_000);
        assert_eq!(plans.len(), 3_600);
        let mut rooms = vec![0; 18_000];
        for plan in &plans {
            assert_eq!(plan.users.len(), 25);
            plan.users
                .iter()
                .for_each(|user| rooms[*user as usize] += 1);
        }
        assert!(rooms.iter().all(|count| *count == 5));
        let with_seven = plans.iter().filter(|plan| plan.users.contains(&7));
        let others: Vec<u32> = with_seven
            .flat_map(|plan| &plan.users)
            .copied()
            .filter(|user| *user != 7)
            .collect();
        let distinct: std::collections::HashSet<u32> = others.iter().copied().collect();
        assert_eq!((others.len(), distinct.len()), (120, 120));
    }

    #[test]
    fn what_came_back_is_a_share_of_what_was_taken() {
        assert!((share_returned(100, 300, 150) - 75.0).abs() < 1e-9);
    }
}
