// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later

//! The channels of Rust behind the interface of link.h: those of crossbeam, or, where that is not
//! at hand, those of the standard library.

use std::ffi::c_void;
use std::os::raw::{c_int, c_uint};

#[cfg(feature = "crossbeam")]
mod channel {
    pub use crossbeam_channel::{bounded, Receiver, Sender};
}

#[cfg(not(feature = "crossbeam"))]
mod channel {
    pub use std::sync::mpsc::{sync_channel as bounded, Receiver, SyncSender as Sender};
}

/// A pointer that may go to another thread.
struct Message(*mut c_void);

unsafe impl Send for Message {}

pub struct End {
    sender: channel::Sender<Message>,
    receiver: channel::Receiver<Message>,
}

/// # Safety
/// Both pointers must be valid.
#[no_mangle]
pub unsafe extern "C" fn bench_link_new(
    capacity: c_int,
    first: *mut *mut End,
    second: *mut *mut End,
) {
    let (to_second, from_first) = channel::bounded(capacity as usize);
    let (to_first, from_second) = channel::bounded(capacity as usize);
    *first = Box::into_raw(Box::new(End { sender: to_second, receiver: from_second }));
    *second = Box::into_raw(Box::new(End { sender: to_first, receiver: from_first }));
}

/// # Safety
/// Both must come from bench_link_new, and nobody may use them any more.
#[no_mangle]
pub unsafe extern "C" fn bench_link_free(first: *mut End, second: *mut End) {
    drop(Box::from_raw(first));
    drop(Box::from_raw(second));
}

/// # Safety
/// The end must come from bench_link_new.
#[no_mangle]
pub unsafe extern "C" fn bench_send(end: *mut End, message: *mut c_void) {
    (*end).sender.send(Message(message)).unwrap();
}

/// # Safety
/// The end must come from bench_link_new.
#[no_mangle]
pub unsafe extern "C" fn bench_receive(end: *mut End) -> *mut c_void {
    (*end).receiver.recv().unwrap().0
}

/// Several senders, all of whom send to one receiver.
pub struct Fan {
    senders: Vec<channel::Sender<Message>>,
    receiver: channel::Receiver<Message>,
}

#[no_mangle]
pub extern "C" fn bench_fan_new(capacity: c_int, n_senders: c_int) -> *mut Fan {
    let (sender, receiver) = channel::bounded((capacity * n_senders) as usize);
    let senders = (0..n_senders).map(|_| sender.clone()).collect();
    Box::into_raw(Box::new(Fan { senders, receiver }))
}

/// # Safety
/// It must come from bench_fan_new, and nobody may use it any more.
#[no_mangle]
pub unsafe extern "C" fn bench_fan_free(fan: *mut Fan) {
    drop(Box::from_raw(fan));
}

/// # Safety
/// The fan must come from bench_fan_new, and each sender belongs to one thread.
#[no_mangle]
pub unsafe extern "C" fn bench_fan_send(fan: *const Fan, sender: c_uint, message: *mut c_void) {
    (&(*fan).senders)[sender as usize].send(Message(message)).unwrap();
}

/// # Safety
/// The fan must come from bench_fan_new, and one thread receives.
#[no_mangle]
pub unsafe extern "C" fn bench_fan_receive(fan: *const Fan) -> *mut c_void {
    (*fan).receiver.recv().unwrap().0
}
