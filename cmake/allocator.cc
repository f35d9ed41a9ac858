// How jemalloc is to behave in programs of one busy thread: one arena, and pages of listings (some
// hundred KiB) kept at hand instead of being given back to the system and faulted in again.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "narenas:1,lg_tcache_max:19";
}
