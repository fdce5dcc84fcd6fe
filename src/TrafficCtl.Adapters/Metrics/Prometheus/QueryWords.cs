namespace TrafficCtl.Adapters.Metrics.Prometheus;

/// <summary>What the words in braces of a query stand for.</summary>
/// <param name="Service">The service's name.</param>
/// <param name="Namespace">Null where there is none.</param>
/// <param name="Selector">The installation's label matchers.</param>
/// <param name="Stable">What runs the stable arm; null while nothing is known to.</param>
/// <param name="Candidate">What runs the candidate arm; null while nothing is known to.</param>
internal readonly record struct QueryWords(string Service, string? Namespace, string Selector, string? Stable, string? Candidate)
{
    /// <summary>The text to ask; null while it names what is not there.</summary>
    public string? Fill(string query)
    {
        var text = query
            .Replace("{service}", Service, StringComparison.Ordinal)
            .Replace("{selector}", Selector, StringComparison.Ordinal);
        foreach (var (word, value) in ((string, string?)[])[("{namespace}", Namespace), ("{stable}", Stable), ("{candidate}", Candidate)])
        {
            if (!text.Contains(word, StringComparison.Ordinal)) continue;
            if (value is null) return null;
            text = text.Replace(word, value, StringComparison.Ordinal);
        }

        return text;
    }
}
