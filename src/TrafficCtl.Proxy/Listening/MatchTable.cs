using System.Collections.Frozen;
using System.Collections.Immutable;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Proxy.Listening;

/// <summary>Which of a listener's services a request is for: exact host before wildcard before any, then the longer path.</summary>
internal sealed class MatchTable<T> where T : class
{
    private readonly FrozenDictionary<string, ImmutableArray<Rule>> exactHosts;
    private readonly FrozenDictionary<string, ImmutableArray<Rule>>.AlternateLookup<ReadOnlySpan<char>> exactHost;
    private readonly ImmutableArray<(string Suffix, ImmutableArray<Rule> Rules)> wildcards;
    private readonly ImmutableArray<Rule> anyHost;
    private readonly T? everything;

    public MatchTable(IEnumerable<(RouteMatch Match, T Value)> entries)
    {
        var byHost = entries
            .GroupBy(e => e.Match.Host ?? "", StringComparer.OrdinalIgnoreCase)
            .ToDictionary(
                g => g.Key, g => g.Select(e => new Rule(e.Match.Path, e.Value)).OrderByDescending(r => r.Precedence).ToImmutableArray(),
                StringComparer.OrdinalIgnoreCase);
        anyHost = byHost.GetValueOrDefault("", []);
        wildcards = [.. byHost.Where(h => h.Key.StartsWith("*.", StringComparison.Ordinal))
            .OrderByDescending(h => h.Key.Length)
            .Select(h => (h.Key[1..], h.Value))];
        exactHosts = byHost.Where(h => h.Key.Length > 0 && h.Key[0] != '*').ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
        exactHost = exactHosts.GetAlternateLookup<ReadOnlySpan<char>>();
        if (byHost.Count == 1 && anyHost is [{ IsEverything: true } only]) everything = only.Value;
    }

    /// <param name="host">The Host header's value, with or without a port.</param>
    /// <param name="path">The decoded path, beginning with a slash.</param>
    public T? Find(string? host, string? path)
    {
        if (everything is not null) return everything;
        var name = NameOf(host);
        var target = path.AsSpan();
        if (exactHosts.Count > 0 && exactHost.TryGetValue(name, out var rules) && FindIn(rules, target) is { } exact) return exact;
        foreach (var (suffix, wildcardRules) in wildcards)
            if (name.Length > suffix.Length
                && name.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)
                && FindIn(wildcardRules, target) is { } found)
                return found;
        return FindIn(anyHost, target);
    }

    private static T? FindIn(ImmutableArray<Rule> rules, ReadOnlySpan<char> path)
    {
        foreach (var rule in rules)
            if (rule.Covers(path)) return rule.Value;
        return null;
    }

    private static ReadOnlySpan<char> NameOf(string? host)
    {
        var name = host.AsSpan();
        if (name.IsEmpty || name[^1] == ']') return name;
        var colon = name.LastIndexOf(':');
        if (colon >= 0) name = name[..colon];
        // shop.example. is the same name, written as absolute.
        return name is [.. var relative, '.'] ? relative : name;
    }

    private sealed class Rule
    {
        private readonly string path;
        private readonly bool isPrefix;

        public Rule(string? pattern, T value)
        {
            Value = value;
            isPrefix = pattern is null || pattern.EndsWith("/**", StringComparison.Ordinal);
            path = pattern is null ? "" : isPrefix ? pattern[..^3] : pattern;
        }

        public T Value { get; }

        public bool IsEverything => isPrefix && path.Length == 0;

        public bool Covers(ReadOnlySpan<char> target)
        {
            if (IsEverything) return true;
            if (!target.StartsWith(path, StringComparison.Ordinal)) return false;
            return target.Length == path.Length || (isPrefix && target[path.Length] == '/');
        }

        /// <summary>The longer path first; the exact one before the prefix of the same length.</summary>
        public int Precedence => (2 * path.Length) + (isPrefix ? 0 : 1);
    }
}
