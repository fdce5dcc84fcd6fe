namespace TrafficCtl.Daemon.Texts;

/// <summary>What is repeated of a request in its refusal: enough to be recognized.</summary>
internal static class Quoted
{
    private const int Longest = 40;

    /// <summary>The text, or its beginning and an ellipsis.</summary>
    public static string Short(string text)
    {
        if (text.Length <= Longest) return text;
        return text[..(char.IsHighSurrogate(text[Longest - 1]) ? Longest - 1 : Longest)] + "…";
    }
}
