"""Texts that do harm where a page lets them: each says ``hit = 1`` when it runs."""

HOSTILE = [
    "<script>window.hit = 1</script>",
    "<img src=x onerror=\"window.hit = 1\">",
    "<svg onload=\"window.hit = 1\"></svg>",
    "</textarea></p></bdi></li><script>window.hit = 1</script>",
    "\" autofocus onfocus=\"window.hit = 1\" x=\"",
    "' onmouseover='window.hit = 1' x='",
    "<iframe srcdoc=\"<script>parent.hit = 1</script>\"></iframe>",
    "<a href=\"javascript:window.hit = 1\">dose</a>",
    "<details open ontoggle=\"window.hit = 1\"><summary>x</summary></details>",
    "<style>* { display: none } @import 'http://evil.example/x.css';</style><meta http-equiv=refresh content=0;url=http://evil.example>",
    "{{7*7}} ${7*7} {% raw %} #{7*7} <%= 7*7 %> {{ ''.__class__.__mro__ }}",
    "dose \u202e05\u202c mg, \u2066hidden\u2069, \u200emark, zero\u200bwidth, \ufeffbom, \u061carabic mark",
    "\u05de\u05d9\u05e0\u05d5\u05df 5 mg <b>\u062c\u0631\u0639\u0629</b> 10 mg",
    "&lt;script&gt; &#60;script&#62; &amp;amp; <!-- --> <![CDATA[ ]]>",
    "K < 3.5 and Na > 150, \"quoted\" & 'single'\r\nsecond line\rthird",
    "a" * 1_500 + " " + "\u0301" * 200,
]  # fmt: skip
