using System.Text.Json.Nodes;

namespace TrafficCtl.TestKit;

/// <summary>Label and field selectors; of fields, names, and whom an event is about.</summary>
internal sealed class KubeSelector
{
    private readonly List<Func<JsonObject, bool>> terms = [];

    public static readonly KubeSelector All = new();

    /// <exception cref="KubeRefusal">400: it cannot be read.</exception>
    public static KubeSelector Parse(string? labels, string? fields)
    {
        var selector = new KubeSelector();
        foreach (var term in Split(labels)) selector.terms.Add(Label(term));
        foreach (var term in Split(fields)) selector.terms.Add(Field(term));
        return selector;
    }

    public bool Matches(JsonObject what) => terms.TrueForAll(t => t(what));

    private static Func<JsonObject, bool> Label(string term)
    {
        if (term.Contains(" notin ", StringComparison.Ordinal)) return Set(term, " notin ", isIn: false);
        if (term.Contains(" in ", StringComparison.Ordinal)) return Set(term, " in ", isIn: true);
        if (Pair(term, "!=") is { } not) return o => LabelOf(o, not.Key) != not.Value;
        if (Pair(term, "==") is { } same) return o => LabelOf(o, same.Key) == same.Value;
        if (Pair(term, "=") is { } equal) return o => LabelOf(o, equal.Key) == equal.Value;
        if (term.StartsWith('!')) return o => LabelOf(o, term[1..].Trim()) is null;
        if (term.Any(char.IsWhiteSpace)) throw KubeRefusal.BadRequest($"unable to parse requirement: found '{term}'");
        return o => LabelOf(o, term) is not null;
    }

    private static Func<JsonObject, bool> Set(string term, string word, bool isIn)
    {
        var at = term.IndexOf(word, StringComparison.Ordinal);
        var (key, list) = (term[..at].Trim(), term[(at + word.Length)..].Trim());
        if (!list.StartsWith('(') || !list.EndsWith(')')) throw KubeRefusal.BadRequest($"unable to parse requirement: found '{term}'");
        var values = list[1..^1].Split(',').Select(v => v.Trim()).ToHashSet(StringComparer.Ordinal);
        return o => (LabelOf(o, key) is { } value && values.Contains(value)) == isIn;
    }

    private static Func<JsonObject, bool> Field(string term)
    {
        if (Pair(term, "=") is not { } pair || pair.Key.Split('.') is not [("metadata" or "involvedObject") and var of, var key])
            throw KubeRefusal.BadRequest($"field label not supported: {term}");
        if (of == "metadata" && key is not ("name" or "namespace")) throw KubeRefusal.BadRequest($"field label not supported: {term}");
        return o => (string?)o[of]?[key] == pair.Value;
    }

    private static (string Key, string Value)? Pair(string term, string sign)
    {
        var at = term.IndexOf(sign, StringComparison.Ordinal);
        return at < 0 ? null : (term[..at].Trim(), term[(at + sign.Length)..].Trim());
    }

    private static string? LabelOf(JsonObject what, string key) => what["metadata"]?["labels"]?[key]?.GetValue<string>();

    /// <summary>At commas outside parentheses.</summary>
    private static IEnumerable<string> Split(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) yield break;
        var (depth, from) = (0, 0);
        for (var i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && text[i] == '(') depth++;
            if (i < text.Length && text[i] == ')') depth--;
            if (i < text.Length && (text[i] != ',' || depth > 0)) continue;
            yield return text[from..i].Trim();
            from = i + 1;
        }
    }
}
