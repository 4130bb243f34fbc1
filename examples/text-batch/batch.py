"""Reads a folder of texts, in Chinese and English, and finds what they are about and which say the same twice.

For every text: language, characters, words, its most telling terms (TF-IDF). Over all texts: pairs that are nearly the
same (MinHash with locality-sensitive hashing finds candidates, the exact Jaccard similarity of their five-character
shingles decides). The texts of the folder are first multiplied into a larger batch of paragraphs in new orders, some
with small edits, so that there is something to find and the answer is known. Only the standard library is needed.
Writes outputs/texts.csv, outputs/near_duplicates.csv and outputs/report.md.
"""

import argparse
import csv
import hashlib
import math
import os
import random
import re
import sys
import time
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path

CPUS = max(1, int(os.environ.get("QIANHANG_CPUS", "1")))
OUTPUTS = Path("outputs")
SHINGLE, HASHES, BANDS = 5, 96, 24
SAME = 0.8
PRIME = (1 << 61) - 1
HAN = re.compile(r"[\u4e00-\u9fff]")
LATIN_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be by for from has have in is it its of on or that the their they this to was were which "
        "who will with not but no one when what can into than then there these may must more each only",
    )
)

draw = random.Random(7)
PERMUTATIONS = [(draw.randrange(1, PRIME), draw.randrange(PRIME)) for _ in range(HASHES)]


@dataclass(frozen=True)
class Text:
    name: str
    body: str
    copied_from: str = ""


@dataclass(frozen=True)
class Reading:
    name: str
    language: str
    characters: int
    terms: Counter
    shingles: frozenset
    signature: tuple


def read_folder(folder: Path) -> list[Text]:
    if not folder.is_dir():
        sys.exit(f"There is no folder {folder}.")
    texts = []
    for path in sorted(folder.glob("*.txt")):
        try:
            texts.append(Text(path.stem, path.read_text(encoding="utf-8")))
        except UnicodeDecodeError as error:
            sys.exit(f"{path} is not UTF-8: {error.reason} at byte {error.start}.")
    if not texts:
        sys.exit(f"{folder} holds no .txt file.")
    return texts


def multiply(originals: list[Text], count: int, seed: int) -> list[Text]:
    """`count` texts made of the originals' sentences in new orders, every tenth one a lightly edited copy."""
    draws = random.Random(seed)
    by_language = defaultdict(list)
    for text in originals:
        sentences = [s.strip() for s in re.split(r"(?<=[。！？])|(?<=[.!?])\s+", text.body) if s.strip()]
        by_language[language_of(text.body)].extend(sentences)
    made: list[Text] = []
    for number in range(count):
        if made and number % 10 == 9:
            source = draws.choice([text for text in made if not text.copied_from])
            made.append(Text(f"copy-{number:04}", edit(source.body, draws), copied_from=source.name))
        else:
            language = draws.choice(sorted(by_language))
            sentences = by_language[language]
            chosen = draws.sample(sentences, k=min(len(sentences), draws.randint(6, 9)))
            made.append(Text(f"text-{number:04}", ("" if language == "zh" else " ").join(chosen)))
    return made


def edit(body: str, draws: random.Random) -> str:
    """A copy as people make them: a date or a word changed, a heading put in front."""
    position = draws.randrange(len(body) - 4)
    heading = "转发：" if language_of(body) == "zh" else "FWD: "
    return heading + body[:position] + str(draws.randint(10, 99)) + body[position + 2 :]


def language_of(body: str) -> str:
    letters = sum(character.isalpha() for character in body)
    return "zh" if letters and len(HAN.findall(body)) / letters > 0.3 else "en"


def terms_of(body: str) -> Counter:
    """English words without stop words; Chinese character pairs, which need no dictionary."""
    words = [word for word in LATIN_WORD.findall(body.lower()) if word not in STOP_WORDS and len(word) > 2]
    pairs = [a + b for run in re.findall(r"[\u4e00-\u9fff]+", body) for a, b in pairwise(run)]
    return Counter(words + pairs)


def read(text: Text) -> Reading:
    squeezed = re.sub(r"\W+", "", text.body.lower())
    shingles = frozenset(
        int.from_bytes(hashlib.blake2b(squeezed[i : i + SHINGLE].encode(), digest_size=7).digest())
        for i in range(max(1, len(squeezed) - SHINGLE + 1))
    )
    signature = tuple(min((a * shingle + b) % PRIME for shingle in shingles) for a, b in PERMUTATIONS)
    return Reading(text.name, language_of(text.body), len(text.body), terms_of(text.body), shingles, signature)


def telling_terms(readings: list[Reading], each: int = 5) -> dict[str, list[str]]:
    """Per text the terms with the highest TF-IDF: frequent here, rare elsewhere."""
    in_texts = Counter(term for reading in readings for term in reading.terms)
    weight = {term: math.log((1 + len(readings)) / (1 + n)) + 1 for term, n in in_texts.items()}
    return {
        reading.name: sorted(reading.terms, key=lambda term: (-reading.terms[term] * weight[term], term))[:each]
        for reading in readings
    }


def near_duplicates(readings: list[Reading]) -> list[tuple[str, str, float]]:
    """Pairs with a Jaccard similarity of at least SAME. Texts that share one band of the signature are compared."""
    rows = HASHES // BANDS
    candidates = set()
    for band in range(BANDS):
        buckets = defaultdict(list)
        for index, reading in enumerate(readings):
            buckets[reading.signature[band * rows : (band + 1) * rows]].append(index)
        for bucket in buckets.values():
            candidates.update(combinations(bucket, 2))
    found = []
    for left, right in sorted(candidates):
        one, other = readings[left].shingles, readings[right].shingles
        similarity = len(one & other) / len(one | other)
        if similarity >= SAME:
            found.append((readings[left].name, readings[right].name, similarity))
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("folder", type=Path, help="a folder of .txt files in UTF-8")
    arguments.add_argument("--texts", type=int, default=600, help="how many texts to make of them")
    arguments.add_argument("--seed", type=int, default=42)
    options = arguments.parse_args()
    if options.texts < 20:
        arguments.error("--texts must be at least 20")

    originals = read_folder(options.folder)
    texts = multiply(originals, options.texts, options.seed)
    planted = {text.name: text.copied_from for text in texts if text.copied_from}
    print(f"{len(originals)} files made into {len(texts)} texts, {len(planted)} of them edited copies", flush=True)

    started = time.monotonic()
    readings: list[Reading] = []
    with ProcessPoolExecutor(CPUS) as pool:
        for reading in pool.map(read, texts, chunksize=10):
            readings.append(reading)
            if len(readings) % 100 == 0 or len(readings) == len(texts):
                print(f"read {len(readings)}/{len(texts)}", flush=True)
    terms = telling_terms(readings)
    pairs = near_duplicates(readings)
    seconds = time.monotonic() - started

    name_of = {frozenset((copy, source)) for copy, source in planted.items()}
    found = {frozenset(pair[:2]) for pair in pairs}
    hits = len(name_of & found)
    characters = sum(reading.characters for reading in readings)
    languages = Counter(reading.language for reading in readings)

    OUTPUTS.mkdir(exist_ok=True)
    with (OUTPUTS / "texts.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "language", "characters", "different terms", "telling terms"])
        rows.writerows([r.name, r.language, r.characters, len(r.terms), " ".join(terms[r.name])] for r in readings)
    with (OUTPUTS / "near_duplicates.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["one", "other", "similarity", "known copy"])
        rows.writerows([a, b, f"{s:.3f}", frozenset((a, b)) in name_of] for a, b, s in pairs)
    common = Counter(term for reading in readings for term in terms[reading.name]).most_common(12)
    report = [
        "# Text batch",
        "",
        f"- {len(texts)} texts, {characters:,} characters; {languages['zh']} Chinese, {languages['en']} English",
        f"- {len(pairs)} near-duplicate pairs (Jaccard >= {SAME}); {hits} of {len(planted)} known copies found",
        f"- {characters / seconds:,.0f} characters a second with {CPUS} process(es)",
        "",
        "Terms that set texts apart most often: " + ", ".join(term for term, _ in common),
        "",
    ]
    (OUTPUTS / "report.md").write_text("\n".join(report), encoding="utf-8")
    print("\n" + "\n".join(report[2:-1]))
    print(f"\ntables and report are in {OUTPUTS}/")
    if hits < 0.9 * len(planted):
        sys.exit("Fewer than nine in ten known copies were found.")


if __name__ == "__main__":
    main()
