//! The three ways to answer, and addresses without their types.

use std::sync::Arc;

use super::probe::{Add, Do, DoLater, Owe, Probe, in_tree};
use crate::*;

fn assert_shareable<T: Clone + Send + Sync + 'static>(_: &T) {}
fn assert_send<T: Send>(value: T) -> T {
    value
}

#[test]
fn an_outbox_speaks_for_its_actor() {
    in_tree(|tree, log| async move {
        let probe = tree.spawn_top_level(ChildSpec::permanent("p").mailbox_capacity(1), log.factory());
        let outbox = probe.recipient::<Add>();
        assert_shareable(&probe);
        assert_shareable(&outbox);
        assert_shareable(&tree);
        assert_send(outbox.send(Add(1))).await.unwrap();
        assert_eq!(assert_send(outbox.ask(Add(1))).await, Ok(2));
        assert_eq!(assert_send(probe.ask(Add(1))).await, Ok(3));
        outbox.tell(Add(1)).unwrap();
        assert!(matches!(outbox.tell(Add(1)), Err(TellError::Busy(_))));
        outbox.tell_beyond_capacity(Add(1)).unwrap();
        assert_eq!(outbox.ask(Add(1)).await, Ok(6));
        assert_eq!(outbox.id(), probe.id());
    });
}

#[test]
fn a_promise_is_kept_from_any_thread_before_or_after_the_handler_returns() {
    struct Early;
    struct Question;
    impl Message for Question {
        type Reply = u32;
        const NAME: &'static str = "question";
    }
    impl Behaviour for Early {
        const KIND: &'static str = "early";
    }
    impl Receive<Question> for Early {
        fn receive(&mut self, _: Question, _: &mut ActorScope<'_, Self>) -> Answer<u32> {
            let (answer, promise) = Answer::deferred();
            assert!(promise.fulfil(7));
            answer
        }
    }
    in_tree(|tree, log| async move {
        let early = tree.spawn_top_level(ChildSpec::permanent("early"), || Early);
        assert_eq!(early.ask(Question).await, Ok(7));

        let probe = tree.spawn_top_level(ChildSpec::permanent("p"), log.factory());
        let pay = |probe: &mut Probe, _: &mut ActorScope<'_, Probe>| {
            let promise = probe.owed.pop().unwrap();
            std::thread::spawn(move || promise.fulfil(()));
        };
        let paid = futures_util::future::join(probe.ask(Owe), probe.ask(Do::new(pay))).await;
        assert_eq!(paid, (Ok(()), Ok(())));

        let drop_it = |probe: &mut Probe, _: &mut ActorScope<'_, Probe>| probe.owed.clear();
        let dropped = futures_util::future::join(probe.ask(Owe), probe.ask(Do::new(drop_it))).await;
        assert_eq!(dropped, (Err(AskError::Dropped), Ok(())));
    });
}

#[test]
fn a_later_answer_does_not_hold_up_the_mailbox() {
    in_tree(|tree, log| async move {
        let probe = tree.spawn_top_level(ChildSpec::permanent("p"), log.factory());
        let done = Arc::new(std::sync::Mutex::new(Vec::new()));
        let (later, now) = (done.clone(), done.clone());
        let slow = DoLater(Box::new(move || later.lock().unwrap().push("later")));
        let quick = Do::new(move |_, _| now.lock().unwrap().push("now"));
        let answers = futures_util::future::join(probe.ask(slow), probe.ask(quick)).await;
        assert_eq!(answers, (Ok(()), Ok(())));
        assert_eq!(*done.lock().unwrap(), ["now", "later"]);
    });
}
