// What to type or paste to send a client's traffic through a project.

export interface Access {
  /** The username with its parameters. */
  username: string;
  password: string;
  /** `host:port` of the proxy. */
  address: string;
  /** What is asked for. */
  url: string;
}

export interface Snippet {
  name: string;
  file: string;
  text: string;
}

/** The account with parameters, as the native grammar wants them. */
export function usernameWith(
  account: string,
  { session, country }: { session: string; country: string },
): string {
  const parts = [account];
  if (country !== "") parts.push("country", country.toLowerCase());
  if (session !== "") parts.push("session", session);
  return parts.join("-");
}

export function snippets(access: Access): Snippet[] {
  return [curl, requests, scrapy, playwright, puppeteer, go, java].map((make) => make(access));
}

/** As one argument of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** With the login in it, so that it may hold any character. */
function proxyUrl({ username, password, address }: Access): string {
  return `http://${encodeURIComponent(username)}:${encodeURIComponent(password)}@${address}`;
}

/** As a text of JavaScript, Java, Go and Python, which agree on this much. */
function text(value: string): string {
  return JSON.stringify(value);
}

function curl(access: Access): Snippet {
  const login = `${access.username}:${access.password}`;
  const lines = `curl -x http://${access.address} \\
  -U ${quoted(login)} \\
  ${quoted(access.url)}`;
  return { name: "curl", file: "in a terminal", text: lines };
}

function requests(access: Access): Snippet {
  const lines = `import requests

proxy = ${text(proxyUrl(access))}
answer = requests.get(${text(access.url)}, proxies={"http": proxy, "https": proxy}, timeout=60)
print(answer.status_code, answer.text)`;
  return { name: "requests", file: "Python, requests", text: lines };
}

function scrapy(access: Access): Snippet {
  const lines = `import scrapy

PROXY = ${text(proxyUrl(access))}


class Spider(scrapy.Spider):
    name = "through_octoprox"

    async def start(self):
        yield scrapy.Request(${text(access.url)}, meta={"proxy": PROXY})

    def parse(self, response):
        yield {"status": response.status, "url": response.url}`;
  return { name: "Scrapy", file: "Python, Scrapy 2.13 and newer", text: lines };
}

function playwright(access: Access): Snippet {
  const lines = `import { chromium } from "playwright";

const browser = await chromium.launch({
  proxy: {
    server: ${text(`http://${access.address}`)},
    username: ${text(access.username)},
    password: ${text(access.password)},
  },
});
const page = await browser.newPage();
await page.goto(${text(access.url)});
console.log(await page.content());
await browser.close();`;
  return { name: "Playwright", file: "JavaScript, Playwright", text: lines };
}

function puppeteer(access: Access): Snippet {
  const lines = `import puppeteer from "puppeteer";

const browser = await puppeteer.launch({
  args: [${text(`--proxy-server=http://${access.address}`)}],
});
const page = await browser.newPage();
await page.authenticate({
  username: ${text(access.username)},
  password: ${text(access.password)},
});
await page.goto(${text(access.url)});
console.log(await page.content());
await browser.close();`;
  return { name: "Puppeteer", file: "JavaScript, Puppeteer", text: lines };
}

function go(access: Access): Snippet {
  const lines = `package main

import (
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
)

func main() {
	proxy, err := url.Parse(${text(proxyUrl(access))})
	if err != nil {
		log.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy)}}
	answer, err := client.Get(${text(access.url)})
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	io.Copy(os.Stdout, answer.Body)
}`;
  return { name: "Go", file: "main.go", text: lines };
}

function java(access: Access): Snippet {
  const at = access.address.lastIndexOf(":");
  const host = access.address.slice(0, at).replace(/^\[|\]$/g, "");
  const lines = `import java.net.*;
import java.net.http.*;

public class Main {
    public static void main(String[] args) throws Exception {
        // Java logs in to proxies for https only when it is told to.
        System.setProperty("jdk.http.auth.tunneling.disabledSchemes", "");
        var client = HttpClient.newBuilder()
            .proxy(ProxySelector.of(new InetSocketAddress(${text(host)}, ${access.address.slice(at + 1)})))
            .authenticator(new Authenticator() {
                @Override
                protected PasswordAuthentication getPasswordAuthentication() {
                    return new PasswordAuthentication(
                        ${text(access.username)}, ${text(access.password)}.toCharArray());
                }
            })
            .build();
        var request = HttpRequest.newBuilder(URI.create(${text(access.url)})).build();
        System.out.println(client.send(request, HttpResponse.BodyHandlers.ofString()).body());
    }
}`;
  return { name: "Java", file: "Main.java", text: lines };
}
