//! Who of a shard's users is in which room: both directions, so that joining and leaving are
//! cheap and a room's users are one slice.
//!
//! *Invariant*: `rooms[r].users[i] == u` exactly when `users[u].rooms` holds `(r, i)`.

use hashbrown::HashMap;
use slab::Slab;
use tidings_domain::{RoomId, UserId};

/// A user's place in the shard.
pub(super) type UserKey = u32;
type RoomKey = u32;

/// Rooms and users of one shard.
#[derive(Debug, Default)]
pub(super) struct Audiences {
    users: Slab<UserEntry>,
    user_keys: HashMap<UserId, UserKey>,
    rooms: Slab<RoomEntry>,
    room_keys: HashMap<RoomId, RoomKey>,
}

#[derive(Debug)]
struct UserEntry {
    id: UserId,
    connections: Vec<u32>,
    rooms: Vec<Place>,
}

/// Where a user stands in one room's list.
#[derive(Debug, Clone, Copy)]
struct Place {
    room: RoomKey,
    index: u32,
}

#[derive(Debug)]
struct RoomEntry {
    id: RoomId,
    users: Vec<UserKey>,
}

impl Audiences {
    pub(super) fn user(&self, id: UserId) -> Option<UserKey> {
        self.user_keys.get(&id).copied()
    }

    /// The user's place, made if there was none.
    pub(super) fn enter_shard(&mut self, id: UserId) -> UserKey {
        if let Some(key) = self.user(id) {
            return key;
        }
        let entry = UserEntry {
            id,
            connections: Vec::new(),
            rooms: Vec::new(),
        };
        let key = small(self.users.insert(entry));
        self.user_keys.insert(id, key);
        key
    }

    /// Takes a user out of the shard and of all rooms.
    pub(super) fn leave_shard(&mut self, key: UserKey) {
        while let Some(place) = self.users[key as usize].rooms.pop() {
            self.vacate(place);
        }
        let entry = self.users.remove(key as usize);
        self.user_keys.remove(&entry.id);
        if self.user_keys.len() * 4 < self.user_keys.capacity() {
            self.user_keys.shrink_to_fit();
        }
    }

    pub(super) fn connections(&self, key: UserKey) -> &[u32] {
        &self.users[key as usize].connections
    }

    pub(super) fn connections_mut(&mut self, key: UserKey) -> &mut Vec<u32> {
        &mut self.users[key as usize].connections
    }

    pub(super) fn enter_room(&mut self, key: UserKey, room: RoomId) {
        if self.is_in(key, room) {
            return;
        }
        let room_key = self.room_entry(room);
        let users = &mut self.rooms[room_key as usize].users;
        let index = small(users.len());
        users.push(key);
        self.users[key as usize].rooms.push(Place {
            room: room_key,
            index,
        });
    }

    pub(super) fn leave_room(&mut self, key: UserKey, room: RoomId) {
        let Some(room_key) = self.room_keys.get(&room).copied() else {
            return;
        };
        let places = &mut self.users[key as usize].rooms;
        if let Some(at) = places.iter().position(|place| place.room == room_key) {
            let place = places.swap_remove(at);
            self.vacate(place);
        }
    }

    /// Empties a room.
    pub(super) fn close_room(&mut self, room: RoomId) {
        let users: Vec<UserKey> = self.in_room(room).to_vec();
        for user in users {
            self.leave_room(user, room);
        }
    }

    pub(super) fn is_in(&self, key: UserKey, room: RoomId) -> bool {
        self.room_keys.get(&room).is_some_and(|room_key| {
            self.users[key as usize]
                .rooms
                .iter()
                .any(|place| place.room == *room_key)
        })
    }

    pub(super) fn in_room(&self, room: RoomId) -> &[UserKey] {
        self.room_keys
            .get(&room)
            .map_or(&[], |key| &self.rooms[*key as usize].users)
    }

    fn room_entry(&mut self, id: RoomId) -> RoomKey {
        *self.room_keys.entry(id).or_insert_with(|| {
            small(self.rooms.insert(RoomEntry {
                id,
                users: Vec::new(),
            }))
        })
    }

    /// Takes a place, already off its user's list, out of its room's list; the last user of the
    /// room moves into it. A room without users is forgotten.
    fn vacate(&mut self, place: Place) {
        let room = &mut self.rooms[place.room as usize];
        room.users.swap_remove(place.index as usize);
        if let Some(moved) = room.users.get(place.index as usize).copied() {
            let mut places = self.users[moved as usize].rooms.iter_mut();
            let its = places.find(|its| its.room == place.room);
            its.expect("a user in a room's list lists the room").index = place.index;
        } else if room.users.is_empty() {
            let room = self.rooms.remove(place.room as usize);
            self.room_keys.remove(&room.id);
        }
    }
}

/// Keys are `u32` to halve the memory of large rooms; a process cannot hold 2^32 sockets.
fn small(key: usize) -> u32 {
    u32::try_from(key).expect("fewer than 2^32 users a shard")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(n: u8) -> UserId {
        UserId::from_bytes([n; 16])
    }
    fn room(n: u8) -> RoomId {
        RoomId::from_bytes([n; 16])
    }

    #[test]
    fn leaving_in_any_order_keeps_both_directions_equal() {
        let mut audiences = Audiences::default();
        let keys: Vec<_> = (1..=5).map(|n| audiences.enter_shard(user(n))).collect();
        for key in &keys {
            for n in 1..=3 {
                audiences.enter_room(*key, room(n));
                audiences.enter_room(*key, room(n));
            }
        }
        audiences.leave_room(keys[0], room(2));
        audiences.leave_room(keys[3], room(2));
        audiences.leave_shard(keys[4]);
        let mut left = audiences.in_room(room(2)).to_vec();
        left.sort_unstable();
        assert_eq!(left, [keys[1], keys[2]]);
        audiences.close_room(room(1));
        assert!(audiences.in_room(room(1)).is_empty());
        assert!(audiences.is_in(keys[0], room(3)));
        assert!(!audiences.is_in(keys[0], room(1)));
    }
}
