//! Many at once: nobody is turned away because others came in the same moment.

use serde_json::json;
use tokio::task::JoinSet;

use crate::world::{World, seqs};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_people_join_a_channel_at_once_and_all_are_in() {
    let world = World::start().await;
    let ana = world.person("ana").await;
    let room = ana.room("channel", "Bread", &[]).await;
    let mut joining = JoinSet::new();
    for person in world.crowd(30).await {
        let path = format!("/v1/rooms/{room}/join");
        joining.spawn(async move { person.post(&path, json!({})).await });
    }
    while let Some(joined) = joining.join_next().await {
        joined.unwrap().ok(200);
    }
    assert_eq!(
        ana.get(&format!("/v1/rooms/{room}")).await.ok(200)["members"],
        31
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_are_sent_while_people_come_and_go() {
    let world = World::start().await;
    let ana = world.person("ana").await;
    let room = ana.room("channel", "Bread", &[]).await;
    let mut going = JoinSet::new();
    for person in world.crowd(10).await {
        let room = room.clone();
        going.spawn(async move {
            for _ in 0..3 {
                person
                    .post(&format!("/v1/rooms/{room}/join"), json!({}))
                    .await
                    .ok(200);
                person
                    .post(&format!("/v1/rooms/{room}/leave"), json!({}))
                    .await
                    .ok(204);
            }
        });
    }
    let mut sent = Vec::new();
    for number in 0..20 {
        sent.push(ana.say(&room, &format!("message {number}")).await);
    }
    while let Some(gone) = going.join_next().await {
        gone.unwrap();
    }
    let page = ana
        .get(&format!("/v1/rooms/{room}/messages?limit=200"))
        .await
        .ok(200);
    assert_eq!(seqs(&page["messages"]), sent);
    assert_eq!(
        page["head"],
        2 + 20 + 10 * 3 * 2,
        "created, joined, said, came and went"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_client_id_sent_twenty_times_at_once_is_one_message() {
    let world = World::start().await;
    let ana = world.person("ana").await;
    let room = ana.room("group", "Bread", &[]).await;
    let mut sending = JoinSet::new();
    for _ in 0..20 {
        let (ana, path) = (ana.clone(), format!("/v1/rooms/{room}/messages"));
        let body = json!({"client_id": "0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10", "text": "once"});
        sending.spawn(async move { ana.post(&path, body).await });
    }
    let mut created = 0;
    while let Some(sent) = sending.join_next().await {
        let sent = sent.unwrap();
        let is_first = sent.status == 201;
        created += usize::from(is_first);
        let body = sent.ok(if is_first { 201 } else { 200 });
        assert_eq!(
            (&body["seq"], &body["duplicate"]),
            (&json!(3), &json!(!is_first))
        );
    }
    assert_eq!(created, 1);
    let page = ana.get(&format!("/v1/rooms/{room}/messages")).await.ok(200);
    assert_eq!(seqs(&page["messages"]), [3]);
}
