using System.Runtime.Versioning;
using System.Text;
using TrafficCtl.Proxy.Routing.Identity;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Routing.Identity;

[UnsupportedOSPlatform("windows")]
public sealed class BucketCookieTests : IDisposable
{
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
            prefix, prefix + "42", prefix + "42.", prefix + "-1." + good[^22..], prefix + "10000." + good[^22..], prefix + "042." + good[^22..],
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
        var cookie = ValueOf(new BucketCookie(CookieKeys.Open(directory.FullName, now)).Write("c", prefix, 42, secure: false));

        Assert.Equal(42, new BucketCookie(CookieKeys.Open(directory.FullName, now)).Read(cookie, prefix));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyFile));
    }

    [Fact]
    public void Closes_a_key_file_that_others_may_read()
    {
        CookieKeys.Open(directory.FullName, now);
        File.SetUnixFileMode(KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);

        CookieKeys.Open(directory.FullName, now);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyFile));
    }

    [Fact]
    public void Replaces_an_old_key_and_believes_it_once_more()
    {
        var cookie = ValueOf(new BucketCookie(CookieKeys.Open(directory.FullName, now)).Write("c", prefix, 42, secure: false));

        var next = CookieKeys.Open(directory.FullName, now + CookieKeys.Lifetime);
        var last = CookieKeys.Open(directory.FullName, now + (2 * CookieKeys.Lifetime));

        Assert.Equal(42, new BucketCookie(next).Read(cookie, prefix));
        Assert.Equal(-1, new BucketCookie(last).Read(cookie, prefix));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{"current":"AAAA","since":"2026-01-01T00:00:00+00:00"}""")]
    public void Says_what_to_do_about_a_broken_key_file(string text)
    {
        File.WriteAllText(KeyFile, text, Encoding.UTF8);

        var fault = Assert.Throws<InvalidDataException>(() => CookieKeys.Open(directory.FullName, now));

        Assert.Contains(KeyFile, fault.Message, StringComparison.Ordinal);
        Assert.Contains("Restore it, or delete it", fault.Message, StringComparison.Ordinal);
        Assert.Equal(text, File.ReadAllText(KeyFile));
    }

    public void Dispose() => directory.Delete(recursive: true);

    private string KeyFile => Path.Combine(directory.FullName, CookieKeys.FileName);

    private static string ValueOf(string cookie) => cookie[(cookie.IndexOf('=') + 1)..cookie.IndexOf(';')];
}
