using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Daemon.Config.Reporting;

namespace TrafficCtl.Daemon.Config.Schema;

/// <summary>The plain values: words, names, counts, choices, attributes of a request.</summary>
internal static class Scalars
{
    public static ScalarShape Text(string word, int max) => new(
        word,
        text => text.Length is 0
            ? Meaning.Wrong("is empty")
            : text.Length > max ? Meaning.Wrong($"longer than {max} characters") : Meaning.Of(text),
        AnyScalar);

    /// <summary>A text that may have several lines.</summary>
    public static ScalarShape Block(string word, int max) => Text(word, max) with { IsBlock = true };

    public static ScalarShape Named(string word, Regex grammar) => new(
        word,
        text => Is(grammar, text) ? Meaning.Of(text) : Meaning.Wrong(
            $"\"{ScalarShape.Short(text)}\" is not {word}",
            grammar == Names.Label || grammar == Names.Version ? $"use {Names.Words(grammar)}" : null),
        AnyScalar);

    public static ScalarShape Count(long min, long max) => new(
        string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}"),
        text => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count >= min && count <= max
            ? Meaning.Of(count)
            : Meaning.Wrong(string.Create(
                CultureInfo.InvariantCulture, $"expected a whole number from {min} to {max}, found \"{ScalarShape.Short(text)}\"")),
        () => new JsonObject { ["type"] = "integer", ["minimum"] = min, ["maximum"] = max });

    /// <summary>A finite number above 0, also as 8e9.</summary>
    public static ScalarShape Positive { get; } = new(
        "a number above 0",
        text => double.TryParse(
            text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number)
            && number > 0
            && double.IsFinite(number)
            ? Meaning.Of(number)
            : Meaning.Wrong($"expected a number above 0, found \"{ScalarShape.Short(text)}\""),
        () => new JsonObject { ["type"] = "number", ["exclusiveMinimum"] = 0 });

    /// <summary>One of a few words, each with what it means in code.</summary>
    public static ScalarShape Choice<T>(params ImmutableArray<(string Word, T Content)> choices)
        where T : struct
    {
        var words = choices.Select(c => c.Word).ToImmutableArray();
        var expected = $"one of {string.Join(", ", words)}";
        return new ScalarShape(
            expected,
            text => choices.FirstOrDefault(c => c.Word == text) is { Word: not null } found
                ? Meaning.Of(found.Content)
                : Meaning.Wrong($"expected {expected}, found \"{ScalarShape.Short(text)}\"", Suggest.DidYouMean(text, words)),
            () => new JsonObject { ["enum"] = new JsonArray([.. words.Select(w => (JsonNode)w)]) });
    }

    /// <summary><c>true</c> or <c>false</c>.</summary>
    public static ScalarShape Flag { get; } = new(
        "true or false",
        text => text is "true" or "false"
            ? Meaning.Of(text == "true")
            : Meaning.Wrong($"expected true or false, found \"{ScalarShape.Short(text)}\"", Suggest.DidYouMean(text, ["true", "false"])),
        () => new JsonObject { ["type"] = "boolean" });

    /// <summary><c>header:x-user-id</c>, <c>cookie:sid</c>, <c>claim:sub</c>.</summary>
    public static ScalarShape Attribute { get; } = new(
        "header:NAME, cookie:NAME or claim:NAME", ParseAttribute,
        () => new JsonObject { ["type"] = "string", ["pattern"] = "^(header|cookie|claim):\\S+$" });

    public static ScalarShape HeaderName { get; } = new(
        "a header's name",
        text => Is(Names.Token, text) ? CheckHeader(text) : Meaning.Wrong($"\"{ScalarShape.Short(text)}\" is not a header's name"),
        AnyScalar);

    public static ScalarShape CookieName { get; } = Named("a cookie's name", Names.Token);

    public static ScalarShape ClaimPath { get; } = Named("a claim's name", Names.Claim);

    /// <summary>The grammar holds and no line break hides at the end.</summary>
    public static bool Is(Regex grammar, string text) => !text.EndsWith('\n') && grammar.IsMatch(text);

    /// <summary>A number or a truth value that YAML sees in a name is a name all the same.</summary>
    private static JsonObject AnyScalar() => new() { ["type"] = new JsonArray("string", "number", "boolean") };

    private static Meaning ParseAttribute(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var (kind, name) = colon < 0 ? (text, "") : (text[..colon], text[(colon + 1)..]);
        var (source, shape) = kind switch
        {
            "header" => (AttributeSource.Header, HeaderName),
            "cookie" => (AttributeSource.Cookie, CookieName),
            "claim" => (AttributeSource.Claim, ClaimPath),
            _ => (default, null),
        };
        if (shape is null || colon < 0)
            return Meaning.Wrong(
                $"expected header:NAME, cookie:NAME or claim:NAME, found \"{ScalarShape.Short(text)}\"", HintOfAttribute(kind, name));
        var meaning = shape.Parse(name);
        return meaning.Content is null ? meaning : Meaning.Of(new RequestAttribute(source, name));
    }

    /// <summary>A bare name is most often a header's.</summary>
    private static string? HintOfAttribute(string kind, string name) =>
        name.Length == 0 && Is(Names.Token, kind) && Suggest.Nearest(kind, ["header", "cookie", "claim"]) is null ? $"write `header:{kind}`"
        : Suggest.Nearest(kind, ["header", "cookie", "claim"]) is { } near ? $"did you mean \"{near}:{(name.Length > 0 ? name : "NAME")}\"?"
        : null;

    /// <summary>What was meant by a list of attributes that is none: <c>x-user</c>, <c>{ header: x-user }</c>.</summary>
    public static string? InsteadOfAttributes(Node node) => node switch
    {
        Node.Scalar { IsNull: false, Text: var text } when ParseAttribute(text).Content is not null =>
            $"write `identity: [{Hints.Quoted(text)}]`",
        Node.Scalar { IsNull: false, Text: var text } when Is(Names.Token, text) && CheckHeader(text).Content is not null =>
            $"write `identity: [{Hints.Quoted("header:" + text)}]`",
        Node.Map { Entries: { IsEmpty: false } entries } when entries.All(static e => e.Value is Node.Scalar value
            && ParseAttribute($"{e.Key.Text}:{value.Text}").Content is not null) =>
            $"write `identity: [{string.Join(", ", entries.Select(Quoted))}]`",
        _ => null,
    };

    private static string Quoted(Entry entry) => Hints.Quoted($"{entry.Key.Text}:{((Node.Scalar)entry.Value).Text}");

    private static Meaning CheckHeader(string name) => name.StartsWith("x-tc-", StringComparison.OrdinalIgnoreCase)
        ? Meaning.Wrong($"{name} never arrives: headers that begin with x-tc- are taken from every request")
        : Meaning.Of(name);
}
