//! CPU of the server a delivery, in interleaved rounds of each kind of server.

use std::io;

use crate::client::Clients;
use crate::process::Server;
use crate::wire::{broadcast_frame, masked_message};
use crate::{Arguments, Variant};

const WARM_UP: usize = 10;

/// A server with its members.
struct Contestant {
    name: &'static str,
    server: Server,
    clients: Clients,
    /// Of each round: nanoseconds of CPU a delivery.
    rounds: Vec<f64>,
}

impl Contestant {
    fn start(name: &'static str, variant: Variant, members: usize) -> io::Result<Self> {
        let server = Server::start(variant)?;
        let mut clients = Clients::new(server.address)?;
        clients.grow(members, 2)?;
        Ok(Self {
            name,
            server,
            clients,
            rounds: Vec::new(),
        })
    }

    fn round(&mut self, broadcasts: usize, at_once: usize) -> io::Result<()> {
        // Who has just been heard is not pinged, so nothing but the broadcast arrives.
        self.clients.hear_pongs(2)?;
        let before = self.server.cpu_ns()?;
        for number in 0..broadcasts {
            self.broadcast(number, at_once)?;
        }
        let deliveries = (broadcasts * at_once * self.clients.len()) as f64;
        self.rounds
            .push((self.server.cpu_ns()? - before) as f64 / deliveries);
        Ok(())
    }

    /// One member sends, all get it, and nothing else.
    fn broadcast(&mut self, number: usize, at_once: usize) -> io::Result<()> {
        let sender = number % self.clients.len();
        self.clients
            .send(sender, &masked_message().repeat(at_once))?;
        let expected = broadcast_frame().repeat(at_once);
        let mut heard = vec![0; self.clients.len()];
        let mut missing = heard.len();
        self.clients.read_until(|client, _, bytes| {
            let from = heard[client];
            heard[client] += bytes.len();
            assert!(
                expected[from..].starts_with(bytes),
                "client {client} got something else"
            );
            missing -= usize::from(heard[client] == expected.len());
            missing == 0
        })
    }
}

pub(crate) fn measure(arguments: &Arguments) -> io::Result<()> {
    println!(
        "Broadcast of 204 bytes to {} members; the median of {} rounds of {} broadcasts",
        arguments.members, arguments.rounds, arguments.broadcasts
    );
    println!("| at once | | CPU ns a delivery | × floor (range) | deliveries a second a core |");
    println!("|---:|---|---:|---:|---:|");
    for at_once in [1, 8] {
        compare(arguments, at_once)?;
    }
    Ok(())
}

fn compare(arguments: &Arguments, at_once: usize) -> io::Result<()> {
    let members = arguments.members;
    let mut contestants = vec![Contestant::start(
        "floor: a send a delivery",
        Variant::Floor,
        members,
    )?];
    if at_once > 1 {
        contestants.push(Contestant::start(
            "floor that batches",
            Variant::FloorBatching,
            members,
        )?);
    }
    contestants.push(Contestant::start("ours: deliver", Variant::Ours, members)?);
    contestants.push(Contestant::start(
        "ours: offer, flush",
        Variant::OursQueued,
        members,
    )?);
    for contestant in &mut contestants {
        contestant.round(WARM_UP, at_once)?;
        contestant.rounds.clear();
    }
    for _ in 0..arguments.rounds {
        for contestant in &mut contestants {
            contestant.round(arguments.broadcasts.div_ceil(at_once), at_once)?;
        }
    }
    let floor = contestants[0].rounds.clone();
    contestants
        .iter()
        .for_each(|contestant| print(contestant, &floor, at_once));
    Ok(())
}

fn print(contestant: &Contestant, floor: &[f64], at_once: usize) {
    let ns = sorted(contestant.rounds.clone());
    let ratios = sorted(
        contestant
            .rounds
            .iter()
            .zip(floor)
            .map(|(ns, floor)| ns / floor)
            .collect(),
    );
    let (median, last) = (ns[ns.len() / 2], ratios.len() - 1);
    println!(
        "| {at_once} | {} | {median:.0} | {:.2} ({:.2}–{:.2}) | {:.0} |",
        contestant.name,
        ratios[ratios.len() / 2],
        ratios[0],
        ratios[last],
        1e9 / median
    );
}

fn sorted(mut figures: Vec<f64>) -> Vec<f64> {
    figures.sort_by(f64::total_cmp);
    figures
}
