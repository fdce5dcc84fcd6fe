using System.Runtime.Versioning;
using TrafficCtl.Proxy.Identity;
using TrafficCtl.Proxy.Tests.Routing;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Identity;

[UnsupportedOSPlatform("windows")]
public sealed class BucketCookieTests : IDisposable
{
    private readonly ListLog log = new();
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("tc-keys-");
    private readonly DateTimeOffset now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly string prefix = BucketCookie.PrefixOf("checkout-prod-7");

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(9999)]
    public void Gives_back_the_bucket_it_signed(int bucket)
    {
        var cookies = new BucketCookie(CookieKeys.Ephemeral());

        Assert.Equal(bucket, cookies.Read(ValueOf(cookies.Write("c", prefix, bucket, secure: false)), prefix));
    }

    [Fact]
    public void Holds_no_arm_and_is_kept_from_scripts_and_other_sites()
    {
        var cookie = new BucketCookie(CookieKeys.Ephemeral()).Write("tc_bucket_checkout", prefix, 42, secure: true);

        Assert.Matches(@"^tc_bucket_checkout=v1\.checkout-prod-7\.42\.[A-Za-z0-9_-]{22}; Path=/; HttpOnly; SameSite=Lax; Secure$", cookie);
    }

    [Fact]
    public void Believes_no_other_bucket_rollout_tag_or_shape()
    {
        var cookies = new BucketCookie(CookieKeys.Ephemeral());
        var good = ValueOf(cookies.Write("c", prefix, 42, secure: false));
        string[] forged =
        [
            good.Replace(".42.", ".43.", StringComparison.Ordinal), good[..^1], good + "A", good[..^1] + (good[^1] == 'A' ? 'B' : 'A'),
            prefix, prefix + "42", prefix + "42.", prefix + "-1." + good[^22..], prefix + "10000." + good[^22..],
            prefix + "042." + good[^22..],
            prefix + "42.!!!!!!!!!!!!!!!!!!!!!!", "v2" + good[2..], "", new string('x', 5000), prefix + "4\u06602." + good[^22..],
        ];

        foreach (var value in forged) Assert.Equal(-1, cookies.Read(value, prefix));
        Assert.Equal(-1, cookies.Read(good, BucketCookie.PrefixOf("checkout-prod-8")));
        Assert.Equal(-1, new BucketCookie(CookieKeys.Ephemeral()).Read(good, prefix));
        Assert.Equal(42, cookies.Read(good, prefix));
    }

    [Fact]
    public void Reads_without_allocating()
    {
        var cookies = new BucketCookie(CookieKeys.Ephemeral());
        var value = ValueOf(cookies.Write("c", prefix, 42, secure: false));
        cookies.Read(value, prefix);

        Assert.Equal(0, Allocations.LeastOf(() =>
        {
            for (var i = 0; i < 1000; i++) cookies.Read(value, prefix);
        }));
    }

    [Fact]
    public void Keeps_its_keys_over_a_restart_readable_by_the_owner_alone()
    {
        var cookie = ValueOf(new BucketCookie(CookieKeys.Open(directory.FullName, now, log)).Write("c", prefix, 42, secure: false));

        Assert.Equal(42, new BucketCookie(CookieKeys.Open(directory.FullName, now, log)).Read(cookie, prefix));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyFile));
    }

    [Fact]
    public void Closes_a_key_file_that_others_may_read()
    {
        CookieKeys.Open(directory.FullName, now, log);
        File.SetUnixFileMode(KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);

        CookieKeys.Open(directory.FullName, now, log);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyFile));
        var told = Assert.Single(log.Entries);
        Assert.Contains("was open to others (mode 604) and is 0600 now", told.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Replaces_an_old_key_and_believes_it_once_more()
    {
        var cookie = ValueOf(new BucketCookie(CookieKeys.Open(directory.FullName, now, log)).Write("c", prefix, 42, secure: false));

        var next = CookieKeys.Open(directory.FullName, now + CookieKeys.Lifetime, log);
        var last = CookieKeys.Open(directory.FullName, now + (2 * CookieKeys.Lifetime), log);

        Assert.Equal(42, new BucketCookie(next).Read(cookie, prefix));
        Assert.Equal(-1, new BucketCookie(last).Read(cookie, prefix));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("""{"current":null,"since":"2026-01-01T00:00:00+00:00"}""")]
    [InlineData("""{"current":"AAAA","since":"2026-01-01T00:00:00+00:00"}""")]
    [InlineData("""{"current":"AAECAwQFBgcICQoLDA0ODw==","previous":"AAAA","since":"2026-01-01T00:00:00+00:00"}""")]
    [InlineData("""{"current":"no base64","since":"2026-01-01T00:00:00+00:00"}""")]
    [InlineData("""{"current":"AAECAwQFBgcICQoLDA0ODw==","since":"when?"}""")]
    [InlineData("\0\0\0\0")]
    public void A_key_file_that_cannot_be_understood_is_moved_aside_and_new_keys_are_made(string text)
    {
        File.WriteAllText(KeyFile, text);

        var made = CookieKeys.Open(directory.FullName, now, log);

        var aside = Assert.Single(Directory.GetFiles(directory.FullName, "cookie-keys.json.corrupt-*"));
        Assert.Equal(text, File.ReadAllText(aside));
        Assert.Contains(aside, Assert.Single(log.Entries).Text, StringComparison.Ordinal);
        Assert.Equal(made.Current, CookieKeys.Open(directory.FullName, now, log).Current);
    }

    [Fact]
    public void A_huge_key_file_and_a_pipe_in_its_place_are_moved_aside_unread()
    {
        using (var huge = File.Create(KeyFile)) huge.SetLength(1L << 40);
        CookieKeys.Open(directory.FullName, now, log);
        File.Delete(KeyFile);
        Fifo.Make(KeyFile);
        CookieKeys.Open(directory.FullName, now, log);

        Assert.Equal(2, Directory.GetFiles(directory.FullName, "cookie-keys.json.corrupt-*").Length);
        Assert.Contains("bytes, and 4096 are the most", log.Entries[0].Text, StringComparison.Ordinal);
        Assert.Contains("is a pipe, not a file", log.Entries[1].Text, StringComparison.Ordinal);
    }

    public void Dispose() => directory.Delete(recursive: true);

    private string KeyFile => Path.Combine(directory.FullName, CookieKeys.FileName);

    private static string ValueOf(string cookie) => cookie[(cookie.IndexOf('=') + 1)..cookie.IndexOf(';')];
}
