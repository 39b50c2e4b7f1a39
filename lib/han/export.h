/* What leaves the library is marked HAN_EXPORT; all else is hidden. */
#ifndef HAN_EXPORT_H
#define HAN_EXPORT_H

#ifdef HAN_BUILD
#define HAN_EXPORT __attribute__((visibility("default")))
#else
#define HAN_EXPORT
#endif

#endif
