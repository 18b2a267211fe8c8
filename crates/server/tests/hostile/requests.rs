//! What nobody should send: each is refused by name, and leaves no trace.

use serde_json::{Value, json};

use crate::world::{Person, World};

async fn named(person: &Person, name: &str) -> crate::world::Answer {
    person
        .post("/v1/rooms", json!({"kind": "group", "name": name}))
        .await
}

#[tokio::test]
async fn names_that_deceive_or_break_a_screen_are_refused() {
    let world = World::start().await;
    let ana = world.person("ana").await;
    let room = ana.room("group", "Bread", &[]).await;
    let path = format!("/v1/rooms/{room}");
    let marks = format!("a{}", "\u{301}".repeat(10_000));
    let tower = format!("a{}", "\u{301}".repeat(20));
    let long = "x".repeat(81);
    for name in [
        "",
        "   ",
        "\u{200b}\u{2060}\u{3164}",
        &marks,
        &tower,
        "Bread\u{202e}daerB",
        "\u{2066}Bread\u{2069}",
        "two\nlines",
        "nul\u{0}",
        "\u{1b}[2J",
        &long,
    ] {
        assert_eq!(named(&ana, name).await.wrong_field(), "name", "{name:?}");
        let changed = ana.patch(&path, json!({"name": name})).await;
        assert_eq!(changed.wrong_field(), "name", "{name:?}");
    }
    for name in [
        "نان",
        "パン",
        "Zoe\u{308}",
        "👩‍👩‍👧",
        "<script>alert(1)</script>",
        "'; DROP TABLE rooms; --",
    ] {
        named(&ana, name).await.ok(201);
    }
    assert_eq!(ana.get(&path).await.ok(200)["name"], "Bread");
}

#[tokio::test]
async fn a_wrong_field_of_a_room_is_named_when_it_is_made_and_when_it_is_changed() {
    let world = World::start().await;
    let ana = world.person("ana").await;
    let room = ana.room("group", "Bread", &[]).await;
    let path = format!("/v1/rooms/{room}");
    let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
    let both: Vec<(&str, Value)> = vec![
        ("name", json!(7)),
        ("description", json!("x".repeat(1_001))),
        ("description", json!("a\u{0}b")),
        ("description", json!(["a"])),
        ("avatar_url", json!("javascript:alert(1)")),
        (
            "avatar_url",
            json!("data:image/svg+xml,<svg onload=alert(1)>"),
        ),
        (
            "avatar_url",
            json!("https://example.org/".to_owned() + &"a".repeat(3_000)),
        ),
        ("avatar_url", json!("//example.org/a")),
        ("history", json!("everything")),
        ("history", json!(1)),
        ("slow_mode_s", json!(21_601)),
        ("slow_mode_s", json!(-1)),
        ("slow_mode_s", json!(1.5)),
        ("slow_mode_s", json!(1_000_000_000_000_u64)),
        ("metadata", json!("x")),
        ("metadata", json!({"a": "x".repeat(5_000)})),
        ("metadata", json!({"a": deep})),
    ];
    for (field, value) in both {
        let told = format!("{field}: {value:.80}");
        let mut body = json!({"kind": "group", "name": "Rye"});
        body[field] = value.clone();
        assert_eq!(
            ana.post("/v1/rooms", body).await.wrong_field(),
            field,
            "{told}"
        );
        let mut body = json!({});
        body[field] = value;
        assert_eq!(ana.patch(&path, body).await.wrong_field(), field, "{told}");
    }
    let other_rooms = ana.get("/v1/rooms").await.ok(200);
    assert_eq!(other_rooms["rooms"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_room_of_no_kind_with_nobodies_in_it_is_refused() {
    let world = World::start().await;
    let ana = world.person("ana").await;
    let ghost = "0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10";
    let crowd: Vec<String> = (0..101)
        .map(|n| format!("0192f0c1-7d7a-7cc0-8000-000000000{n:03}"))
        .collect();
    for (body, field) in [
        (json!({}), "kind"),
        (json!({"kind": "group"}), "name"),
        (json!({"kind": "Group", "name": "a"}), "kind"),
        (json!({"kind": {"$ne": null}, "name": "a"}), "kind"),
        (
            json!({"kind": "group", "name": "a", "members": ["bob"]}),
            "members[0]",
        ),
        (
            json!({"kind": "group", "name": "a", "members": [ana.id, 7]}),
            "members[1]",
        ),
        (
            json!({"kind": "group", "name": "a", "members": ana.id}),
            "members",
        ),
        (
            json!({"kind": "group", "name": "a", "members": crowd}),
            "members",
        ),
    ] {
        let told = format!("{body:.100}");
        assert_eq!(
            ana.post("/v1/rooms", body).await.wrong_field(),
            field,
            "{told}"
        );
    }
    let haunted = json!({"kind": "group", "name": "a", "members": [ghost]});
    ana.post("/v1/rooms", haunted)
        .await
        .refused(404, "not_found");
    let smuggled = json!({"kind": "channel", "name": "a", "created_by": ghost, "id": ghost,
        "archived": true, "membership": {"role": "reader"}, "members": []});
    let made = ana.post("/v1/rooms", smuggled).await.ok(201);
    assert_eq!(
        (&made["created_by"], &made["archived"]),
        (&json!(ana.id), &json!(false))
    );
    assert_ne!(made["id"], ghost);
}

#[tokio::test]
async fn limits_and_places_out_of_range_are_refused_by_name() {
    let world = World::start().await;
    let ana = world.person("ana").await;
    let room = ana.room("channel", "Bread", &[]).await;
    let lists = [
        ("/v1/rooms".to_owned(), 1_000),
        ("/v1/directory".to_owned(), 200),
        (format!("/v1/rooms/{room}/members"), 200),
        (format!("/v1/rooms/{room}/messages"), 200),
        (format!("/v1/rooms/{room}/events"), 200),
    ];
    for (path, max) in &lists {
        ana.get(&format!("{path}?limit={max}")).await.ok(200);
        let above = (max + 1).to_string();
        for limit in [
            &above,
            "0",
            "-1",
            "1000000000",
            "18446744073709551616",
            "ten",
            "1.5",
            "",
            "1e1",
        ] {
            let answer = ana.get(&format!("{path}?limit={limit}")).await;
            assert_eq!(answer.wrong_field(), "limit", "{path} {limit}");
        }
        let twice = ana.get(&format!("{path}?limit=1&limit=2")).await;
        assert_eq!(twice.wrong_field(), "limit", "{path}");
        for after in [
            "-1",
            "x",
            "%00",
            "1.5",
            "99999999999999999999",
            "'%20OR%201=1",
        ] {
            let answer = ana.get(&format!("{path}?after={after}")).await;
            assert_eq!(answer.wrong_field(), "after", "{path} {after}");
        }
    }
    let messages = &lists[3].0;
    for (query, field) in [
        ("before=0", "before"),
        ("around=0", "around"),
        ("before=-5", "before"),
        ("around=x", "around"),
        ("before=5&after=1", "after"),
        ("before=5&around=1", "around"),
        ("after=5&around=1", "after"),
    ] {
        let answer = ana.get(&format!("{messages}?{query}")).await;
        assert_eq!(answer.wrong_field(), field, "{query}");
    }
    for query in ["%00", "a%0Ab", "%E2%80%AE", &"x".repeat(90)] {
        let answer = ana.get(&format!("/v1/directory?query={query}")).await;
        assert_eq!(answer.wrong_field(), "query", "{query}");
    }
    for query in ["", "%20%20", "%25", "_", "'", "%22", "*", "%5C"] {
        ana.get(&format!("/v1/directory?query={query}"))
            .await
            .ok(200);
    }
    let nothing = ana
        .get("/v1/rooms?after=18446744073709551615")
        .await
        .ok(200);
    assert_eq!(
        nothing["rooms"].as_array().unwrap().len(),
        1,
        "everything is before the end"
    );
}

#[tokio::test]
async fn what_is_no_id_is_answered_like_an_id_that_was_never_given() {
    let world = World::start().await;
    let ana = world.person("ana").await;
    let room = ana.room("group", "Bread", &[]).await;
    let braced = format!("%7B{room}%7D");
    let (bare, loud) = (room.replace('-', ""), room.to_uppercase());
    for id in [
        "1",
        "..",
        "%2e%2e",
        "me",
        "null",
        &braced,
        &bare,
        "00000000-0000-0000-0000-000000000000",
        "%00",
        "%FF",
    ] {
        for path in ["", "/messages", "/members"] {
            let answer = ana.get(&format!("/v1/rooms/{id}{path}")).await;
            answer.refused(404, "not_found");
        }
        let member = ana
            .put(&format!("/v1/rooms/{room}/members/{id}"), json!({}))
            .await;
        member.refused(404, "not_found");
    }
    ana.get(&format!("/v1/rooms/{loud}")).await.ok(200);
    ana.call("PUT", &format!("/v1/rooms/{room}"), Some(&json!({})))
        .await
        .refused(405, "method_not_allowed");
}

#[tokio::test]
async fn every_limit_is_told_without_a_token() {
    let world = World::start().await;
    let told = world.nobody().get("/v1/limits").await.ok(200);
    for (field, value) in [
        ("page_items_max", json!(200)),
        ("message_text_bytes_max", json!(16_384)),
        ("members_per_room_max", json!(100_000)),
        ("invitations_per_room_max", json!(100)),
        ("typing_expiry_ms", json!(6_000)),
    ] {
        assert_eq!(told[field], value, "{field}");
    }
    assert_eq!(told["server"]["guests_open"], true);
    assert_eq!(told["server"]["requests_burst"], 1_000_000);
    assert_eq!(told["server"]["ping_interval_ms"], 25_000);
    let sizes: Vec<_> = told["room_sizes"].as_array().unwrap().iter().collect();
    assert!(
        sizes.iter().any(|size| size["members_above"] == 256),
        "{sizes:?}"
    );
}
