//! Users, invitations, refresh tokens, the setup link.

use std::time::Duration;

use model::user::{Role, UserSpec};
use store::sessions::Rotated;
use store::{Page, StoreError, installation, invites, sessions, users};

use crate::world::both;

fn spec(username: &str) -> UserSpec {
    let (username, email, role) = (username.into(), String::new(), Role::Admin);
    UserSpec { username, email, role, active: true, grants: None }
}

#[tokio::test]
async fn a_user_is_found_by_any_case_and_loses_old_tokens_with_the_role() {
    both(async |world| {
        let store = &world.store;
        let mut change = store.change().await.unwrap();
        let anna = users::create(&mut change, spec("Anna"), Some("hash".into())).await.unwrap();
        change.commit().await.unwrap();
        let mut change = store.change().await.unwrap();
        let twice = users::create(&mut change, spec("aNNA"), None).await;
        assert!(matches!(twice, Err(StoreError::Duplicate { field: "username" })));
        drop(change);
        let found = users::find_by_username(store, "ANNA").await.unwrap().unwrap();
        assert_eq!((found.id, found.token_generation), (anna.id, 0));
        let mut change = store.change().await.unwrap();
        assert_eq!(users::other_admins(&mut change, anna.id).await.unwrap(), 0);
        let renamed = UserSpec { email: "a@example.com".into(), ..found.spec };
        users::update(&mut change, anna.id, found.version, renamed.clone()).await.unwrap();
        change.commit().await.unwrap();
        let found = users::find(store, anna.id).await.unwrap().unwrap();
        assert_eq!(found.token_generation, 0);
        let mut change = store.change().await.unwrap();
        let lower = UserSpec { role: Role::Viewer, ..renamed };
        users::update(&mut change, anna.id, found.version, lower).await.unwrap();
        users::set_password(&mut change, anna.id, "new").await.unwrap();
        users::end_sessions(&mut change, anna.id).await.unwrap();
        change.commit().await.unwrap();
        users::record_login(store, anna.id).await.unwrap();
        let found = users::find(store, anna.id).await.unwrap().unwrap();
        assert_eq!((found.token_generation, found.password_hash.as_deref()), (3, Some("new")));
        assert_eq!(found.last_login_at, Some(world.clock.now()));
        let listed = users::list(store, Some("ann"), &Page::default()).await.unwrap();
        assert_eq!((listed.total, users::count(store).await.unwrap()), (1, 1));
        let mut change = store.change().await.unwrap();
        users::delete(&mut change, anna.id, found.version).await.unwrap();
        change.commit().await.unwrap();
        assert_eq!(users::count(store).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn an_invitation_is_good_once_and_for_a_while() {
    both(async |world| {
        let store = &world.store;
        let soon = world.clock.now() + Duration::from_hours(1);
        let mut change = store.change().await.unwrap();
        let user = users::create(&mut change, spec("anna"), None).await.unwrap().id;
        invites::create(&mut change, user, [1; 32], soon).await.unwrap();
        invites::create(&mut change, user, [2; 32], soon).await.unwrap();
        assert_eq!(invites::redeem(&mut change, [1; 32]).await.unwrap(), None);
        assert_eq!(invites::redeem(&mut change, [2; 32]).await.unwrap(), Some(user));
        assert_eq!(invites::redeem(&mut change, [2; 32]).await.unwrap(), None);
        invites::create(&mut change, user, [3; 32], world.clock.now()).await.unwrap();
        assert_eq!(invites::redeem(&mut change, [3; 32]).await.unwrap(), None);
        change.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_that_comes_back_ends_its_family() {
    both(async |world| {
        let store = &world.store;
        let later = world.clock.now() + Duration::from_hours(1);
        let mut change = store.change().await.unwrap();
        let user = users::create(&mut change, spec("anna"), None).await.unwrap().id;
        change.commit().await.unwrap();
        sessions::create(store, user, [1; 32], later).await.unwrap();
        sessions::create(store, user, [9; 32], later).await.unwrap();
        assert_eq!(sessions::find(store, [9; 32]).await.unwrap(), Some(user));
        assert_eq!(sessions::find(store, [8; 32]).await.unwrap(), None);
        let first = sessions::rotate(store, [1; 32], [2; 32], later).await.unwrap();
        assert_eq!(first, Rotated::Fresh(user));
        let replay = sessions::rotate(store, [1; 32], [3; 32], later).await.unwrap();
        assert_eq!(replay, Rotated::Replayed(user));
        let ended = sessions::rotate(store, [2; 32], [4; 32], later).await.unwrap();
        assert_eq!(ended, Rotated::Unknown);
        assert_eq!(sessions::find(store, [1; 32]).await.unwrap(), None, "it is spent");
        sessions::end(store, [9; 32]).await.unwrap();
        assert_eq!(sessions::find(store, [9; 32]).await.unwrap(), None);
        let ended = sessions::rotate(store, [9; 32], [5; 32], later).await.unwrap();
        assert_eq!(ended, Rotated::Unknown);
        sessions::create(store, user, [6; 32], later).await.unwrap();
        world.clock.set(later);
        let expired = sessions::rotate(store, [6; 32], [7; 32], later).await.unwrap();
        assert_eq!(expired, Rotated::Unknown);
    })
    .await;
}

#[tokio::test]
async fn the_setup_link_lets_the_first_user_in_and_nobody_after() {
    both(async |world| {
        let store = &world.store;
        assert!(installation::offer_setup(store, [1; 32]).await.unwrap());
        assert!(installation::offer_setup(store, [2; 32]).await.unwrap());
        let mut change = store.change().await.unwrap();
        assert!(!installation::redeem_setup(&mut change, [1; 32]).await.unwrap());
        assert!(installation::redeem_setup(&mut change, [2; 32]).await.unwrap());
        assert!(!installation::redeem_setup(&mut change, [2; 32]).await.unwrap());
        users::create(&mut change, spec("anna"), None).await.unwrap();
        change.commit().await.unwrap();
        assert!(!installation::offer_setup(store, [3; 32]).await.unwrap());
    })
    .await;
}
