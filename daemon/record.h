/* hantool capture: what comes from a line, with its times, into a file. */
#ifndef RECORD_H
#define RECORD_H

/* The command with its options; the program's exit status. */
int record_main(int argc, char **argv);

#endif
