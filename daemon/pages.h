/* Pages of code that are needed seldom. */
#ifndef PAGES_H
#define PAGES_H

/* Of the library whose file name begins so, what nobody has written on goes back to the kernel, which has it on disk: it
 * is there again when it is used. */
void pages_give_back(const char *library);

#endif
