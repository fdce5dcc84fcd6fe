using System.Globalization;
using System.Text.Json;
using TrafficCtl.Core.Texts;
using Xunit;

namespace TrafficCtl.Core.Tests.Texts;

public class PrintableTests
{
    [Theory]
    [InlineData("plain words, é, →, ×, 中文, 👍", null)]
    [InlineData("a\u001b[31mb", "U+001B (escape)")]
    [InlineData("a\0", "U+0000 (null)")]
    [InlineData("two\nlines", "U+000A (line feed)")]
    [InlineData("a\tb", "U+0009 (tab)")]
    [InlineData("\u007f", "U+007F (delete)")]
    [InlineData("\u0085", "U+0085 (next line)")]
    [InlineData("\u009b2J", "U+009B (control sequence introducer)")]
    [InlineData("\u00ad", "U+00AD (soft hyphen)")]
    [InlineData("\u061c", "U+061C (Arabic letter mark)")]
    [InlineData("v\u200b1", "U+200B (zero width space)")]
    [InlineData("\u200e", "U+200E (left-to-right mark)")]
    [InlineData("\u200f", "U+200F (right-to-left mark)")]
    [InlineData("\u2028", "U+2028 (line separator)")]
    [InlineData("\u2029", "U+2029 (paragraph separator)")]
    [InlineData("\u202a", "U+202A (left-to-right embedding)")]
    [InlineData("che\u202eckout", "U+202E (right-to-left override)")]
    [InlineData("\u2066", "U+2066 (left-to-right isolate)")]
    [InlineData("\u2069", "U+2069 (pop directional isolate)")]
    [InlineData("\u2063", "U+2063 (an invisible character)")]
    [InlineData("\ufeffa", "U+FEFF (byte order mark)")]
    [InlineData("\uffff", "U+FFFF (not a character)")]
    [InlineData("\U000e0041", "U+E0041 (an invisible character)")]
    public void Names_the_first_character_that_is_not_seen_as_what_it_is(string text, string? words)
    {
        Assert.Equal(words, Printable.FirstUnprintable(text));
        Assert.Equal(words is null, Printable.IsPrintable(text));
        Assert.True(Printable.IsPrintable(Printable.Escape(text)));
    }

    [Fact]
    public void Takes_half_a_surrogate_pair_for_what_it_is()
    {
        foreach (var text in (string[])["\ud83d", "a\ud83d", "\ud83db", "\udc4d", "👍\udc4d"])
        {
            Assert.Contains("half of a surrogate pair", Printable.FirstUnprintable(text), StringComparison.Ordinal);
            Assert.True(Printable.IsPrintable(Printable.Escape(text)));
        }
    }

    [Fact]
    public void A_block_may_have_lines_and_tabs_and_nothing_else()
    {
        Assert.Null(Printable.FirstUnprintable("sum(\n\trate(x[1m]))\n", isBlock: true));
        Assert.Equal("U+000D (carriage return)", Printable.FirstUnprintable("a\n\tb\rc", isBlock: true));
    }

    [Theory]
    [InlineData("two\r\nlines\tand \\n", "two\\r\\nlines\\tand \\n")]
    [InlineData("\u001b[2J", "\\u001b[2J")]
    [InlineData("a\u202eb\u2028", "a\\u202eb\\u2028")]
    [InlineData("\U000e0041👍", "\\udb40\\udc41👍")]
    [InlineData("unchanged", "unchanged")]
    [InlineData("", "")]
    public void Escapes_as_JSON_does(string text, string escaped) => Assert.Equal(escaped, Printable.Escape(text));

    [Fact]
    public void An_escaped_JSON_text_means_the_same()
    {
        const string Text = "\u0085\u202e\u2028\U000e0041\ufeff👍é";
        var json = $"\"{Text}\"";
        Assert.Equal(Text, JsonDocument.Parse(Printable.Escape(json)).RootElement.GetString());
    }

    [Fact]
    public void Every_control_of_the_Unicode_standard_is_unprintable()
    {
        for (var c = '\0'; c < '\uffff'; c++)
        {
            if (char.GetUnicodeCategory(c) is UnicodeCategory.Control
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator)
                Assert.False(Printable.IsPrintable([c]), $"U+{(int)c:X4}");
        }
    }
}
