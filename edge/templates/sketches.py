"""The built-in templates as they are drawn: one function each, its words in both languages."""

from collections.abc import Callable, Mapping
from math import cos, pi, sin
from typing import Final

from edge.templates.pencil import BLUE, GREEN, GREY, ORANGE, PALE, RED, VIOLET, YELLOW, Json, Pencil

Words = Mapping[str, tuple[str, ...]]
Sketch = Callable[[Pencil, tuple[str, ...]], None]

COLUMN: Final = 300
GAP: Final = 24


def columns(pencil: Pencil, top: float, heads: tuple[str, ...], colors: tuple[str, ...], height: float) -> None:
    """Boxes side by side, each with its name above."""
    for place, (head, color) in enumerate(zip(heads, colors, strict=True)):
        left = place * (COLUMN + GAP)
        pencil.box(left, top, COLUMN, height, color=GREY, stroke=PALE)
        pencil.note(left + GAP, top + GAP, head, color=color, width=COLUMN - 2 * GAP, height=56)


def retro(pencil: Pencil, words: tuple[str, ...]) -> None:
    """What went well, what did not, what to try."""
    title, hint, well, badly, ideas, example_well, example_badly, example_idea = words
    pencil.words(0, 0, title, size=36)
    pencil.words(0, 56, hint, size=20, color=PALE)
    columns(pencil, 110, (well, badly, ideas), (GREEN, RED, BLUE), 560)
    for place, (text, color) in enumerate(((example_well, GREEN), (example_badly, RED), (example_idea, BLUE))):
        pencil.note(place * (COLUMN + GAP) + 60, 240, text, color=color)


def kanban(pencil: Pencil, words: tuple[str, ...]) -> None:
    """Work on its way from left to right."""
    title, hint, *heads, first, second, third = words
    pencil.words(0, 0, title, size=36)
    pencil.words(0, 56, hint, size=20, color=PALE)
    columns(pencil, 110, tuple(heads), (YELLOW, ORANGE, VIOLET, GREEN), 640)
    for place, text in enumerate((first, second, third)):
        pencil.note(place * (COLUMN + GAP) + 60, 240, text, color=YELLOW)


def mind_map(pencil: Pencil, words: tuple[str, ...]) -> None:
    """One thought in the middle, others around it."""
    centre, *around = words
    for place, text in enumerate(around):
        angle = 2 * pi * place / len(around) - pi / 2
        x, y = 480 * cos(angle), 300 * sin(angle)
        pencil.line(x * 0.3, y * 0.3, x * 0.42, y * 0.42)
        pencil.note(x - 95, y - 45, text, color=(YELLOW, GREEN, BLUE, ORANGE, VIOLET, RED)[place], width=190, height=90)
    middle = pencil.ellipse(-140, -75, 280, 150, color=GREEN)
    pencil.inside(middle, centre, size=28)


def story_map(pencil: Pencil, words: tuple[str, ...]) -> None:
    """What people do, from left to right; below each step its stories, the most needed first."""
    title, hint, now, later, *steps = words
    story = steps.pop()
    pencil.words(0, 0, title, size=36)
    pencil.words(0, 56, hint, size=20, color=PALE)
    for place, step in enumerate(steps):
        left = place * 230
        pencil.note(left, 120, step, color=BLUE, width=200, height=90)
        for row in range(3):
            pencil.note(left, 280 + row * 130, story, color=YELLOW, width=200, height=100)
    width = len(steps) * 230
    for top, name in ((245, now), (510, later)):
        pencil.line(-40, top, width + 40, 0, dashed=True)
        pencil.words(width + 20, top + 12, name, size=20, color=PALE)


def brainstorm(pencil: Pencil, words: tuple[str, ...]) -> None:
    """A question, room for everybody's ideas, and a place for the best of them."""
    title, question, rules, idea, best = words
    pencil.words(0, 0, title, size=36)
    pencil.note(0, 60, question, color=VIOLET, width=760, height=90)
    pencil.words(0, 168, rules, size=20, color=PALE)
    colors = (YELLOW, GREEN, BLUE, ORANGE)
    for row in range(3):
        for place, color in enumerate(colors):
            pencil.note(place * 195, 250 + row * 130, idea, color=color, width=175)
    pencil.box(820, 60, 320, 570, color=GREY, stroke=PALE)
    pencil.words(850, 84, best, size=28)


SKETCHES: Final[Mapping[str, tuple[Sketch, Words]]] = {
    "retro": (
        retro,
        {
            "en": (
                "Retrospective",
                "Ten minutes to write, then talk about what has most votes",
                "What went well",
                "What went badly",
                "What we try next",
                "We helped\neach other",
                "Too many\nmeetings",
                "One day\nwithout calls",
            ),
            "ru": (
                "Ретроспектива",
                "Десять минут пишем, потом обсуждаем то, за что больше голосов",
                "Что было хорошо",
                "Что было плохо",
                "Что попробуем",
                "Помогали\nдруг другу",
                "Слишком много\nвстреч",
                "День\nбез звонков",
            ),
        },
    ),
    "kanban": (
        kanban,
        {
            "en": (
                "Kanban",
                "Pull from the left when there is room on the right",
                "To do",
                "In work",
                "In review",
                "Done",
                "Write down\nthe next step",
                "At most three\nat a time",
                "Somebody else\nlooks at it",
            ),
            "ru": (
                "Канбан",
                "Берём слева, когда справа есть место",
                "Сделать",
                "В работе",
                "На проверке",
                "Готово",
                "Запишите\nследующий шаг",
                "Не больше трёх\nсразу",
                "Смотрит\nкто-то другой",
            ),
        },
    ),
    "mind_map": (
        mind_map,
        {
            "en": ("Main thought", "People", "Goals", "Risks", "Money", "Time", "Questions"),
            "ru": ("Главная мысль", "Люди", "Цели", "Риски", "Деньги", "Время", "Вопросы"),
        },
    ),
    "story_map": (
        story_map,
        {
            "en": (
                "User story map",
                "Steps from left to right, stories below them, the most needed on top",
                "first release",
                "later",
                "Finds us",
                "Looks around",
                "Tries it",
                "Invites others",
                "Comes back",
                "As a visitor\nI want …",
            ),
            "ru": (
                "Карта историй",
                "Шаги слева направо, под ними истории, сверху самые нужные",
                "первый выпуск",
                "потом",
                "Находит нас",
                "Осматривается",
                "Пробует",
                "Зовёт других",
                "Возвращается",
                "Как посетитель\nя хочу …",
            ),
        },
    ),
    "brainstorm": (
        brainstorm,
        {
            "en": (
                "Brainstorm",
                "How might we …?",
                "First many ideas, then good ones. Nobody says no to an idea of somebody else",
                "An idea",
                "The best ones",
            ),
            "ru": (
                "Мозговой штурм",
                "Как бы нам …?",
                "Сначала много идей, потом хорошие. Чужую идею не отклоняет никто",
                "Идея",
                "Лучшие",
            ),
        },
    ),
}
LANGUAGES: Final = ("en", "ru")


def drawn(name: str, language: str) -> list[Json]:
    """The elements of a template in a language."""
    sketch, words = SKETCHES[name]
    pencil = Pencil(name)
    sketch(pencil, words[language])
    return pencil.elements


def title(name: str, language: str) -> str:
    """What the board is called."""
    names = {"mind_map": {"en": "Mind map", "ru": "Интеллект-карта"}}
    return names.get(name, {}).get(language) or SKETCHES[name][1][language][0]
