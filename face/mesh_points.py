"""Which of the 468 points of the face mesh is what.

Numbers of MediaPipe's canonical face topology (Kartynnik et al., "Real-time Facial Surface Geometry from Monocular
Video on Mobile GPUs", 2019). Left and right are the PICTURE's: an un-mirrored camera shows the person's right eye on
the left. Every group of a pair lists its points in mirrored order, so point n of one answers point n of the other.
"""

from typing import Final

Group = tuple[int, ...]

POINTS: Final = 468

# --- single points
FOREHEAD: Final = 10  # the mesh's upper edge, near the hairline
NOSE_TIP: Final = 1
UPPER_LIP: Final = 13  # inner edge
LOWER_LIP: Final = 14
CHIN: Final = 152
LEFT_CHEEK: Final = 234  # the mesh's edge before the ear
RIGHT_CHEEK: Final = 454
LEFT_MOUTH: Final = 78  # inner corners
RIGHT_MOUTH: Final = 308

# --- eyes: outer corner, two points of the upper lid, inner corner, two points of the lower lid (from inner to outer):
# the six of the eye aspect ratio (Soukupova and Cech, "Real-Time Eye Blink Detection using Facial Landmarks", 2016)
LEFT_EYE: Final[Group] = (33, 160, 158, 133, 153, 144)
RIGHT_EYE: Final[Group] = (263, 387, 385, 362, 380, 373)
EYES: Final[tuple[Group, Group]] = (LEFT_EYE, RIGHT_EYE)

# --- the outline, clockwise in the picture from the forehead
FACE_OVAL: Final[Group] = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)

# --- patches of bare skin, each a polygon: what the screen's light falls on. They face different ways, and that is
# their use: a flat picture answers the light alike everywhere, a head does not.
SKIN_FOREHEAD: Final[Group] = (109, 10, 338, 337, 9, 108)
SKIN_LEFT_CHEEK: Final[Group] = (117, 118, 101, 36, 205, 187, 123)
SKIN_RIGHT_CHEEK: Final[Group] = (346, 347, 330, 266, 425, 411, 352)
SKIN_LEFT_EDGE: Final[Group] = (234, 116, 123, 147, 213, 58, 132, 93)  # before the ear, turned away from the camera
SKIN_RIGHT_EDGE: Final[Group] = (454, 345, 352, 376, 433, 288, 361, 323)
SKIN_NOSE: Final[Group] = (6, 351, 399, 363, 4, 134, 174, 122)
SKIN_CHIN: Final[Group] = (200, 421, 428, 396, 152, 171, 208, 201)

# --- points that keep their places when the face speaks, smiles or blinks: forehead, nose, eye corners, cheekbones.
# For rotation and for the test whether the face is a plane.
RIGID_MIDDLE: Final[Group] = (10, 151, 9, 8, 168, 6, 197, 195, 5, 4, 1, 2)
RIGID_LEFT: Final[Group] = (
    *(109, 67, 69, 108, 104, 103, 54, 21, 68, 162, 127, 234, 227, 116),
    *(117, 118, 33, 133, 122, 193, 236, 198, 48, 64, 115, 131, 93),
)
RIGID_RIGHT: Final[Group] = (
    *(338, 297, 299, 337, 333, 332, 284, 251, 298, 389, 356, 454, 447, 345),
    *(346, 347, 263, 362, 351, 417, 456, 420, 278, 294, 344, 360, 323),
)
RIGID: Final[Group] = RIGID_MIDDLE + RIGID_LEFT + RIGID_RIGHT
