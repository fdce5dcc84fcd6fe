using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using TrafficCtl.Daemon.Config.Schema;

namespace TrafficCtl.Daemon.Access;

/// <summary>A bearer token as it is kept: by a hash of its secret, which is 32 random bytes and so needs no slow hash.</summary>
/// <param name="Id">Names it in lists, and stands in the token itself.</param>
/// <param name="Name">Who uses it: what facts say.</param>
/// <param name="Hash">SHA-256 of the whole token, as hexadecimal digits.</param>
/// <param name="Grants">What it may do.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">From when on it is refused; null for never.</param>
/// <param name="RevokedAt">Since when it is refused; null while it is not.</param>
public sealed record Token(
    string Id, string Name, string Hash, ImmutableArray<Grant> Grants, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt,
    DateTimeOffset? RevokedAt)
{
    /// <summary>The groups that its user belongs to, which gates may ask for; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableArray<string>? Groups { get; init; }

    /// <summary>Every token begins with it, so that scanners of secrets find those that leak.</summary>
    public const string Prefix = "tctl_";

    private static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    private const int IdBytes = 5, SecretBytes = 32;

    /// <summary>A new token: what is kept, and the text that its user gets and that is kept nowhere.</summary>
    public static (Token Kept, string Text) Make(string name, Grant grant, DateTimeOffset now, DateTimeOffset? expiresAt)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));
        var text = $"{Prefix}{id}_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes))}";
        return (new Token(id, name, HashOf(text), [grant], now, expiresAt, null), text);
    }

    /// <summary>What a name of a group may have, where this is none; null where it is good. A role's name is no group's.</summary>
    public static string? GroupProblem(string name) =>
        !Names.Label.IsMatch(name) ? Names.Words(Names.Label)
        : Enum.GetNames<Role>().Contains(name, StringComparer.OrdinalIgnoreCase) ? "another name than that of a role"
        : null;

    /// <summary>A duration such as <c>30d</c>, at most ten years; or <c>never</c>, which is null.</summary>
    public static bool TryParseExpiry(string text, DateTimeOffset now, out DateTimeOffset? at)
    {
        at = null;
        if (text == "never") return true;
        if (!Durations.TryParse(text, out var life) || life <= TimeSpan.Zero || life > Longest) return false;
        at = now + life;
        return true;
    }

    /// <summary>Takes as long for a wrong text as for the right one.</summary>
    public bool Is(string text) =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(HashOf(text)), Encoding.ASCII.GetBytes(Hash));

    /// <summary>Why it is refused; null while it is not.</summary>
    public string? Refused(DateTimeOffset now) =>
        RevokedAt is not null ? "it was revoked" : ExpiresAt is { } end && now >= end ? "it has expired" : null;

    private static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
