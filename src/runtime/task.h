#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

namespace s3ferry {

using Executor = boost::asio::io_context::executor_type;

// A lazy coroutine on the shard's one thread. Runs when it is co_awaited, or when a Scope (scope.h)
// or Runtime::run spawns it. Never detached.
//
// Cancellation: a Scope that is cancelled wakes what its tasks wait for; that wait, and each later
// one, returns ErrorKind::kCancelled. Nothing is thrown.
//
// Clang 16 and GCC ≥ 13 are correct here; GCC 12 destroys temporaries of a co_await expression twice.
// A coroutine is a function, never a capturing lambda: its captures die before it resumes (`./dev
// lint` looks for them).
template <class T = void>
using Task = boost::asio::awaitable<T, Executor>;

}  // namespace s3ferry
