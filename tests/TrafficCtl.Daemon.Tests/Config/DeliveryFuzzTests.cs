using System.Collections.Immutable;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using TrafficCtl.Daemon.Config;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Config;

/// <summary>Invariant 9: bad input is reported whole and changes nothing; no input throws.</summary>
public sealed class DeliveryFuzzTests
{
    private static readonly ImmutableArray<byte[]> Seeds = [.. Goldens.Valid.Concat(Goldens.Invalid).Select(File.ReadAllBytes)];

    private static readonly ImmutableArray<byte[]> Pieces =
    [
        .. new[]
        {
            "\n", " ", "\t", ":", "- ", "[", "]", "{", "}", "&a ", "*a", "<<: ", "---\n", "...\n", "#", "\"", "'", "|", ">", "%", "!", "? ",
            ",", "\\u12",
            "100", "-1", "0.001", "1e9", "9999999999999999999", "10%", "5s", "0.1pp", "null", "~", "true", "v1", "stable", "\uFEFF",
            "\u2028", "é", "\uD83D\uDE00",
            "%YAML 99999999999.1\n---\n", "!<tag:", "\"\\x", "\"\\U0011FFFF\"", "&", "*", "@", "`", "\0",
        }.Select(Encoding.UTF8.GetBytes),
        [0xff], [0xc3], [0xed, 0xa0, 0x80], [0xfe, 0xff],
    ];

    [Fact]
    public void Random_bytes_never_throw() =>
        Check.One(Runs.WithMaxTest(2_000), Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), IsTotal));

    [Fact]
    public void Yaml_soup_never_throws()
    {
        var soup = Gen.Elements(Pieces.AsEnumerable()).ListOf().Select(pieces => pieces.SelectMany(p => p).ToArray());
        Check.One(Runs.WithMaxTest(4_000), Prop.ForAll(Arb.From(soup), IsTotal));
    }

    [Fact]
    public void Mutated_files_are_either_services_or_problems()
    {
        var mutation =
            from at in Gen.Choose(0, 10_000)
            from kind in Gen.Choose(0, 3)
            from piece in Gen.Elements(Pieces.AsEnumerable())
            from length in Gen.Choose(1, 30)
            select (at, kind, piece, length);
        var mutated =
            from seed in Gen.Elements(Seeds.AsEnumerable())
            from mutations in Gen.NonEmptyListOf(mutation)
            select mutations.Take(6).Aggregate(seed, (bytes, m) => Mutate(bytes, m.at, m.kind, m.piece, m.length));
        Check.One(Runs.WithMaxTest(4_000), Prop.ForAll(Arb.From(mutated), IsTotal));
    }

    private static FsCheck.Config Runs => FsCheck.Config.QuickThrowOnFailure.WithReplay(20_261_121, 7);

    private static byte[] Mutate(byte[] bytes, int at, int kind, byte[] piece, int length)
    {
        at = bytes.Length == 0 ? 0 : at % bytes.Length;
        var end = Math.Min(bytes.Length, at + length);
        return kind switch
        {
            0 => [.. bytes[..at], .. piece, .. bytes[at..]],
            1 => [.. bytes[..at], .. bytes[end..]],
            2 => [.. bytes[..at], .. piece, .. bytes[end..]],
            _ => [.. bytes[..end], .. bytes[at..]],
        };
    }

    private static bool IsTotal(byte[] bytes) => DeliveryFiles.ReadText(bytes, "fuzz.yaml", Goldens.Root, Goldens.Able) switch
    {
        Parsed<Deliveries>.Ok(var files) => files.Services.Length + files.Pipelines.Length > 0
            && files.Services.All(s => Explain.Render(s.Values).Length > 0)
            && files.Pipelines.All(p => Explain.Render(p.Values).Length > 0),
        Parsed<Deliveries>.Problems(var all) =>
            all.Length is > 0 and <= 101 && all.All(p => p is { Message.Length: > 0 } && p.ToString().Length < 10_000),
        _ => false,
    };
}
