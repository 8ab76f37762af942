/* error: Owner\.pets: Pet\.vet is not a foreign key to Owner */
#include <covet/orm/short.h>

#ifdef RIGHT
#define PETS(X, M) X(M, REV, pets, Pet, owner)
#else
#define PETS(X, M) X(M, REV, pets, Pet, vet)
#endif
#define VET(X, M) X(M, BigAuto, id)
#define OWNER(X, M)                                                                                \
    X(M, BigAuto, id)                                                                              \
    PETS(X, M)
#define PET(X, M)                                                                                  \
    X(M, BigAuto, id)                                                                              \
    X(M, FK, owner, Owner)                                                                         \
    X(M, FK, vet, Vet)

COVET_DECLARE(Vet, VET);
COVET_DECLARE(Owner, OWNER);
COVET_DECLARE(Pet, PET);
COVET_DEFINE(Owner, OWNER, .db_table = "owners");
