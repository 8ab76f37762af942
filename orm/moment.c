#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "orm/moment.h"

/* Days since 1970-01-01 of a day of the proleptic Gregorian calendar; eras of 400 years begin
 * in March, so that the day that comes and goes is the last of the year. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    const int64_t era = (year >= 0 ? year : year - 399) / 400;
    const int64_t year_of_era = year - era * 400;
    const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

static bool take_number(const char **at, char before, int64_t *ret)
{
    char *end;
    if (before != '\0' && *(*at)++ != before)
        return false;
    if (!isdigit((unsigned char)**at))
        return false;
    *ret = strtoll(*at, &end, 10);
    *at = end;
    return true;
}

/* ".5" is 500000 microseconds. */
static int64_t take_fraction(const char **at)
{
    int64_t usec = 0, unit = 100000;
    if (**at != '.')
        return 0;
    for ((*at)++; isdigit((unsigned char)**at); (*at)++, unit /= 10)
        usec += (**at - '0') * unit;
    return usec;
}

bool covet__moment_parse(const char *text, covet_time *ret)
{
    const char *at = text;
    int64_t year, month, day, hour, minute, second;
    if (strcmp(text, "infinity") == 0 || strcmp(text, "-infinity") == 0) {
        ret->usec = text[0] == '-' ? INT64_MIN : INT64_MAX;
        return true;
    }
    if (!take_number(&at, '\0', &year) || !take_number(&at, '-', &month) ||
        !take_number(&at, '-', &day) || !take_number(&at, ' ', &hour) ||
        !take_number(&at, ':', &minute) || !take_number(&at, ':', &second) || year > 300000)
        return false;
    const int64_t usec = take_fraction(&at);
    if (strncmp(at, "+00", 3) == 0)
        at += 3;
    if (strcmp(at, " BC") == 0)
        year = 1 - year;
    else if (*at != '\0')
        return false;
    ret->usec =
        (days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second) * 1000000 + usec;
    return true;
}

covet_time covet__moment_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (covet_time){(int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000};
}
