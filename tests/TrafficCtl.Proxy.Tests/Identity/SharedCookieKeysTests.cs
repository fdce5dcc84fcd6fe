using System.Runtime.Versioning;
using System.Security.Cryptography;
using TrafficCtl.Proxy.Identity;
using TrafficCtl.Proxy.Tests.Routing;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Identity;

[UnsupportedOSPlatform("windows")]
public sealed class SharedCookieKeysTests : IDisposable
{
    private const string Prod = "prod";
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("tc-shared-");
    private readonly string prefix = BucketCookie.PrefixOf("checkout-prod-7");

    private string KeyFile => Path.Combine(directory.FullName, "keys");

    [Fact]
    public void A_cookie_that_one_proxy_signed_is_believed_by_another_with_the_same_file()
    {
        Write(Key(1), Key(2));

        var cookie = ValueOf(new BucketCookie(Open().Of).Write("c", prefix, 42, secure: false, environment: Prod));

        Assert.Equal(42, new BucketCookie(Open().Of).Read(cookie, prefix, Prod));
        Assert.Equal(-1, new BucketCookie(CookieKeys.Ephemeral()).Read(cookie, prefix, Prod));
    }

    [Fact]
    public void The_first_key_signs_and_all_are_believed_so_that_keys_are_changed_without_a_lost_bucket()
    {
        var signed = new List<string>();
        foreach (var keys in (string[][])[[Key(1)], [Key(1), Key(2)], [Key(2), Key(1)], [Key(2)]])
        {
            Write(keys);
            var cookies = new BucketCookie(Open().Of);
            if (signed.Count > 0) Assert.Equal(42, cookies.Read(signed[^1], prefix, Prod));
            signed.Add(ValueOf(cookies.Write("c", prefix, 42, secure: false, environment: Prod)));
        }

        Assert.Equal(signed[0], signed[1]);
        Assert.NotEqual(signed[1], signed[2]);
        Assert.Equal(signed[2], signed[3]);
        Assert.Equal(-1, new BucketCookie(Open().Of).Read(signed[0], prefix, Prod));
    }

    [Fact]
    public void A_cookie_of_one_environment_is_not_believed_in_another()
    {
        Write(Key(1));
        var cookies = new BucketCookie(Open().Of);

        var cookie = ValueOf(cookies.Write("c", prefix, 42, secure: false, environment: Prod));

        Assert.Equal(-1, cookies.Read(cookie, prefix, "staging"));
        Assert.Equal(42, cookies.Read(cookie, prefix, Prod));
    }

    /// <summary>Computed with Python: HMAC-SHA256 by hashlib, steps of RFC 5869, of the bytes 0 to 31.</summary>
    [Fact]
    public void Derives_the_key_of_an_environment_by_HKDF()
    {
        Write(Convert.ToHexString([.. Enumerable.Range(0, 32).Select(i => (byte)i)]));

        Assert.Equal("db52f7b37081c04efece0b42fe01ebef", Convert.ToHexStringLower(Open().Of(Prod)[0]));
    }

    [Fact]
    public void Reads_base64_of_both_alphabets_hex_comments_and_empty_lines()
    {
        var key = RandomNumberGenerator.GetBytes(32);
        key[0] = 0xFB;
        var base64 = Convert.ToBase64String(key);
        var ofTheUrl = base64.Replace('+', '-').Replace('/', '_').TrimEnd('=');
        Write("# of this spring", "", "  " + base64 + "\r", Convert.ToHexString(key), Convert.ToHexStringLower(key), ofTheUrl);

        var keys = Open().Of(Prod);

        Assert.Equal(4, keys.Length);
        Assert.All(keys, k => Assert.Equal(keys[0], k));
    }

    [Theory]
    [InlineData("", "it holds no key.")]
    [InlineData("# none yet\n", "it holds no key.")]
    [InlineData("GOOD\nnot a key!\n", "line 2 is neither base64 nor hex.")]
    [InlineData("GOOD\nc2hvcnQ=\n", "the key of line 2 has 5 bytes.")]
    [InlineData("00112233445566778899aabbccddeeff\n", "the key of line 1 has 24 bytes.")]
    public void Says_which_line_is_wrong_and_what_to_write_and_nothing_of_a_key(string text, string why)
    {
        Write(text.Replace("GOOD", Key(1), StringComparison.Ordinal));

        var message = Assert.Throws<InvalidDataException>(Open).Message;

        Assert.Equal(
            $"the cookie keys cannot be used: {KeyFile}: {why} "
            + "Write one key a line, in base64 or hex, of at least 32 bytes (openssl rand -base64 32), "
            + "into a file that its owner alone can read.",
            message);
        Assert.DoesNotContain(Key(1), message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_more_keys_than_it_would_try_for_each_cookie()
    {
        Write([.. Enumerable.Range(0, 17).Select(Key)]);

        var tooMany = Assert.Throws<InvalidDataException>(Open).Message;
        Assert.Contains("it holds 17 keys, and 16 are the most.", tooMany, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(UnixFileMode.OtherRead, "604")]
    [InlineData(UnixFileMode.GroupRead | UnixFileMode.OtherRead, "644")]
    [InlineData(UnixFileMode.OtherWrite, "602")]
    public void Refuses_a_file_that_every_user_of_the_machine_can_read_or_write(UnixFileMode others, string mode)
    {
        Write(Key(1));
        File.SetUnixFileMode(KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite | others);

        var message = Assert.Throws<InvalidDataException>(Open).Message;

        var expected = $"{KeyFile} can be read or written by every user of the machine (mode 0{mode}): chmod 600 it, or 640.";
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Takes_a_file_of_the_owner_and_its_group()
    {
        Write(Key(1));
        File.SetUnixFileMode(KeyFile, UnixFileMode.UserRead | UnixFileMode.GroupRead);

        Assert.Equal(1, Open().Count);
    }

    [Fact]
    public void A_changed_file_is_in_force_without_a_restart_and_a_bad_one_keeps_the_former_keys()
    {
        Write(Key(1));
        var keys = Open();
        var cookies = new BucketCookie(keys.Of);
        var old = ValueOf(cookies.Write("c", prefix, 42, secure: false, environment: Prod));

        Write(Key(2), Key(1));
        Assert.Equal([false, true, false], Polls(keys, 3));
        var next = ValueOf(cookies.Write("c", prefix, 42, secure: false, environment: Prod));
        Assert.NotEqual(old, next);
        Assert.Equal(42, cookies.Read(old, prefix, Prod));

        File.SetUnixFileMode(KeyFile, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.Equal([false, true, false], Polls(keys, 3));
        Assert.EndsWith(" The former keys stay in force.", keys.Problem, StringComparison.Ordinal);
        Assert.Equal(next, ValueOf(cookies.Write("c", prefix, 42, secure: false, environment: Prod)));

        File.SetUnixFileMode(KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Equal([false, true, false], Polls(keys, 3));
        Assert.Null(keys.Problem);
    }

    [Fact]
    public void Reads_a_cookie_without_allocating()
    {
        Write(Key(1), Key(2));
        var cookies = new BucketCookie(Open().Of);
        var value = ValueOf(cookies.Write("c", prefix, 42, secure: false, environment: Prod));
        cookies.Read(value, prefix, Prod);

        Assert.Equal(0, Allocations.LeastOf(() =>
        {
            for (var i = 0; i < 1000; i++) cookies.Read(value, prefix, Prod);
        }));
    }

    [Fact]
    public async Task Two_proxies_with_one_file_give_an_anonymous_user_the_same_arm()
    {
        Write(Key(1));
        await using var stable = await Upstream.StartAsync(name: "v1");
        await using var candidate = await Upstream.StartAsync(name: "v2");
        var spec = ProxyUnderTest.Spec(("v1", [stable.Address]), ("v2", [candidate.Address]));
        await using var one = await ProxyUnderTest.StartAsync(spec, cookieKeys: KeyFile);
        await using var other = await ProxyUnderTest.StartAsync(spec, cookieKeys: KeyFile);
        foreach (var proxy in (ProxyUnderTest[])[one, other])
        {
            await proxy.LiveAsync("v2");
            await proxy.RollOutAsync(5000);
        }

        for (var user = 0; user < 20; user++)
        {
            using var first = await one.Client.GetAsync("/");
            var cookie = Assert.Single(ProxyUnderTest.SetCookies(first));
            using var request = ProxyUnderTest.Request(HttpMethod.Get, "/");
            request.Headers.Add("Cookie", cookie[..cookie.IndexOf(';')]);
            using var second = await other.Client.SendAsync(request);

            Assert.Empty(ProxyUnderTest.SetCookies(second));
            Assert.Equal(await first.Content.ReadAsStringAsync(), await second.Content.ReadAsStringAsync());
        }

        Assert.False(File.Exists(Path.Combine(one.DataDirectory, CookieKeys.FileName)));
    }

    public void Dispose() => directory.Delete(recursive: true);

    private SharedCookieKeys Open() => new(KeyFile);

    private void Write(params string[] lines)
    {
        File.WriteAllLines(KeyFile, lines);
        File.SetUnixFileMode(KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private static bool[] Polls(SharedCookieKeys keys, int count) => [.. Enumerable.Range(0, count).Select(_ => keys.Poll())];

    private static string Key(int seed)
    {
        var bytes = new byte[33];
        new Random(seed).NextBytes(bytes);
        return Convert.ToBase64String(bytes);
    }

    private static string ValueOf(string cookie) => cookie[(cookie.IndexOf('=') + 1)..cookie.IndexOf(';')];
}
