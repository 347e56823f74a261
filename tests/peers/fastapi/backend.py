"""A study backend that receives recordings from Auricle by the plain form. README.md says how to run it."""

import json
import os
import secrets
import shutil
import threading
import uuid
from pathlib import Path
from typing import Optional

from fastapi import BackgroundTasks, Depends, FastAPI, Form, Header, HTTPException, Response, UploadFile
from pydantic import BaseModel, ValidationError, constr

FOLDER, TOKEN = Path(os.environ["STUDY_FOLDER"]), os.environ["STUDY_TOKEN"]
MAX_BYTES = int(os.environ.get("STUDY_MAX_BYTES", 104_857_600))
SOUND = ("audio/", "video/mp4", "application/octet-stream")
COURSES = [{"id": "7c1b1f7e-3d0a-4f0e-8c55-2f1d0e9a4b03", "code": "BIO 301", "title": "Hearing", "instructor": "G. von Békésy"}]
# A real one has a table here, with a unique index over course and session.
lectures: dict = {}
lock = threading.Lock()
app = FastAPI(title="Study backend")


class Metadata(BaseModel):
    session_id: constr(strip_whitespace=True, min_length=1)
    course_id: uuid.UUID
    title: str
    duration: Optional[float] = None
    source_url: str


def signed_in(authorization: str = Header("")):
    if not secrets.compare_digest(authorization.encode(), f"Bearer {TOKEN}".encode()):
        raise HTTPException(401, "Authentication required")


def process(lecture_id: str):
    """Transcribing would come here. What holds no sound is deleted: whoever asks for it then sees 404."""
    with (FOLDER / lecture_id).open("rb") as file:
        is_sound = file.read(12)[4:8] == b"ftyp"
    with lock:
        if is_sound:
            lectures[lecture_id]["status"] = "completed"
        else:
            del lectures[lecture_id]
            (FOLDER / lecture_id).unlink()


@app.get("/api/health")
def health():
    return {"status": "ok"}


@app.get("/api/courses", dependencies=[Depends(signed_in)])
def courses():
    return COURSES


@app.post("/api/lectures/audio", dependencies=[Depends(signed_in)])
def receive(work: BackgroundTasks, audio: UploadFile, metadata: str = Form(...)):
    try:
        facts = Metadata.parse_raw(metadata)
    except ValidationError as error:
        raise HTTPException(400, f"Invalid metadata: {error}")
    if any("cookie" in name.lower() for name in json.loads(metadata)):
        raise HTTPException(422, "This backend takes no cookie of another site")
    if not audio.filename:
        raise HTTPException(400, "Audio file must have a filename")
    if not audio.content_type.startswith(SOUND):
        raise HTTPException(400, f"Invalid audio content type: {audio.content_type}")
    if audio.file.seek(0, os.SEEK_END) > MAX_BYTES:
        raise HTTPException(413, f"Audio file too large. Maximum size is {MAX_BYTES // 2**20} MB")
    with lock:
        for known in lectures.values():
            if (known["course_id"], known["session_id"]) == (facts.course_id, facts.session_id):
                return {"lecture_id": known["id"], "status": known["status"], "created": False}
        lecture = {"id": str(uuid.uuid4()), "status": "pending", **facts.dict()}
        audio.file.seek(0)
        with (FOLDER / lecture["id"]).open("wb") as file:
            shutil.copyfileobj(audio.file, file)
        lectures[lecture["id"]] = lecture
    work.add_task(process, lecture["id"])
    return {"lecture_id": lecture["id"], "status": "pending", "created": True}


def find(lecture_id: str):
    with lock:
        if lecture_id in lectures:
            return dict(lectures[lecture_id])
    raise HTTPException(404, "Lecture not found")


@app.get("/api/lectures/{lecture_id}/status", dependencies=[Depends(signed_in)])
def status(lecture=Depends(find)):
    return {"lecture_id": lecture["id"], "status": lecture["status"], "error_message": None, "duration_seconds": lecture["duration"]}


@app.delete("/api/lectures/{lecture_id}", status_code=204, dependencies=[Depends(signed_in)])
def delete(lecture=Depends(find)):
    with lock:
        lectures.pop(lecture["id"], None)
    (FOLDER / lecture["id"]).unlink(missing_ok=True)
    return Response(status_code=204)
