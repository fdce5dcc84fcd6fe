using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using TrafficCtl.Core.Texts;

namespace TrafficCtl.Daemon.Texts;

/// <summary>Addresses that a person gives on the command line or in a variable.</summary>
/// <remarks>What is wrong with one is said without its secrets.</remarks>
public static class AddressText
{
    /// <summary>Why an address with credentials is not taken.</summary>
    public const string Refusal = "a user or a password in an address, which lists of processes and logs would show: leave them out";

    private const int MostShown = 100;

    /// <summary>The address, or what is wrong with the text.</summary>
    /// <param name="text">As it was given.</param>
    /// <param name="expected">What it should have been, for the message: <c>an address such as http://127.0.0.1:9180</c>.</param>
    /// <param name="schemes">Those that are allowed.</param>
    public static bool TryParse(
        string text, string expected, ImmutableArray<string> schemes, [NotNullWhen(true)] out Uri? address,
        [NotNullWhen(false)] out string? problem)
    {
        (address, problem) = (null, null);
        if (UrlText.HasCredentials(text))
            problem = $"there is {Refusal}";
        else if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || !schemes.Contains(uri.Scheme) || uri.Host.Length == 0)
            problem = $"\"{Shown(text)}\" is not {expected}";
        else
            address = uri;
        return address is not null;
    }

    /// <summary>What may be shown of an address: no user, password or query, and not the whole of a very long one.</summary>
    public static string Shown(string text)
    {
        var shown = UrlText.WithoutSecrets(text);
        return shown.Length <= MostShown ? shown : $"{shown[..MostShown]}...";
    }
}
