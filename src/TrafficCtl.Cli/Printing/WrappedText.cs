namespace TrafficCtl.Cli.Printing;

/// <summary>Sentences on lines of at most 80 characters; a word that is longer stays whole.</summary>
internal static class WrappedText
{
    private const int Width = 80;

    /// <param name="text">One sentence or more.</param>
    /// <param name="first">Before the first line.</param>
    /// <param name="rest">Before each further line.</param>
    /// <param name="to">Where it goes.</param>
    public static void Write(string text, string first, string rest, TextWriter to)
    {
        var line = first;
        var isEmpty = true;
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!isEmpty && line.Length + 1 + word.Length > Width)
            {
                to.WriteLine(line);
                (line, isEmpty) = (rest, true);
            }

            line += isEmpty ? word : $" {word}";
            isEmpty = false;
        }

        to.WriteLine(line.TrimEnd());
    }
}
