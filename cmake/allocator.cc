// How jemalloc is to behave in programs of one busy thread: one arena, and pages of listings (some
// hundred KiB) kept at hand instead of being given back to the system and faulted in again. Large
// pages where the process lets them be used (s3ferry: for many copies at once): a thousand requests
// in flight are spread over more small ones than the processor knows by heart.
#include <cstddef>
#include <cstdlib>

extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "narenas:1,lg_tcache_max:19,thp:always";

// Asio asks for each coroutine frame with an alignment that malloc() gives anyway, and
// aligned_alloc() has no fast way. Linked in its place by --wrap.
void* __real_aligned_alloc(std::size_t alignment, std::size_t size);
void* __wrap_aligned_alloc(std::size_t alignment, std::size_t size) {
  return alignment <= alignof(std::max_align_t) && size >= alignment
             ? std::malloc(size)
             : __real_aligned_alloc(alignment, size);
}
}
