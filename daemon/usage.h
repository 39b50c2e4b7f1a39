/* What hantool says of its own use. */
#ifndef USAGE_H
#define USAGE_H

enum { EXIT_USAGE = 2 };

/* Says what is wrong with the command line of that command (NULL: of none), and how to learn more, on
 * standard error; ends with EXIT_USAGE. The text never holds what may be a key. */
__attribute__((noreturn, format(printf, 2, 3))) void usage_refuse(const char *command,
                                                                  const char *format, ...);

/* Prints the help of a command, NULL: of the whole program, on standard output; the exit status. */
int usage_help(const char *command);

/* Standard output is complete: status, or EXIT_FAILURE, told on standard error, when not all of it could be
 * written. */
int usage_finish(int status);

/* For what getopt_long() returned and no command takes: --help ('h'), an option without its value (':', so
 * the short options begin with a colon), or a wrong one. Ends the program. A value is never shown: it may be a
 * key. (getopt's own words would: set opterr to 0.) */
#define USAGE_SHORT ":"
__attribute__((noreturn)) void usage_end_options(int option, char **argv, const char *command);

/* Says on standard error what errno means for it; returns the negative errno. */
int usage_tell_errno(const char *what);

#endif
