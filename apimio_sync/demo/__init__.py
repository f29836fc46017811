"""The demo: the whole product on this machine, playing its main job and reporting on it."""
