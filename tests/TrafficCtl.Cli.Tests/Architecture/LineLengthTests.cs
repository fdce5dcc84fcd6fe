using System.Text.RegularExpressions;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Cli.Tests.Architecture;

/// <summary>Two files fit beside each other on a screen, and a change of one argument is a change of a short line.</summary>
public sealed partial class LineLengthTests
{
    private const int Most = 140;
    private const string Raw = "\"\"\"";

    /// <summary>A text that is data (JSON, SVG, a query) is not broken where it reads well as it is.</summary>
    private const int LongText = 60;

    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    [InlineData("loadtests")]
    public void No_line_of_code_or_comment_is_longer_than_140_characters(string folder)
    {
        var home = Path.Combine(Repository.Root, folder);
        var files = Directory.EnumerateFiles(home, "*.cs", SearchOption.AllDirectories);
        Assert.Empty(files.SelectMany(TooLong).Select(line => $"{Path.GetRelativePath(Repository.Root, line.File)}:{line.Number}"));
    }

    [Fact]
    public void A_long_text_may_stand_in_a_line_and_long_code_may_not()
    {
        var text = new string('x', Most);
        Assert.False(IsCode($"        var json = \"{text}\";", isInside: false));
        Assert.False(IsCode($"        {text}", isInside: true));
        Assert.True(IsCode($"        var sum = {text} + {text};", isInside: false));
        Assert.True(IsCode($"        // {text}", isInside: false));
    }

    private static IEnumerable<(string File, int Number)> TooLong(string file)
    {
        var (number, isInside) = (0, false);
        foreach (var line in File.ReadLines(file))
        {
            number++;
            if (line.Length > Most && IsCode(line, isInside)) yield return (file, number);
            isInside ^= Regex.Count(line, Raw) % 2 == 1;
        }
    }

    /// <param name="line">Too long.</param>
    /// <param name="isInside">It is a line of a raw string.</param>
    private static bool IsCode(string line, bool isInside) =>
        !isInside && !line.Contains(Raw, StringComparison.Ordinal) && !Text().Matches(line).Any(static text => text.Length > LongText);

    /// <summary>A string literal, with the quotes that are escaped in it.</summary>
    [GeneratedRegex("""(?<!\\)"(?:[^"\\]|\\.)*"(?#a string)""")]
    private static partial Regex Text();
}
