// Colours, sizes and defaults of every component: one accent, dense, at least WCAG AA.
import { createTheme, type MantineColorsTuple, type MantineThemeOverride } from "@mantine/core";

const sea: MantineColorsTuple = [
  "#eefaf8",
  "#d5f2ed",
  "#a9e4db",
  "#76d3c6",
  "#45bfb0",
  "#219f92",
  "#148579",
  "#0f6f66",
  "#0d5a53",
  "#0b4843",
];

const font =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif';
const mono = 'ui-monospace, "SF Mono", "Cascadia Mono", "Liberation Mono", Menlo, monospace';

/** A cross has no words of its own. */
const close = { "aria-label": "Close" };

export const theme: MantineThemeOverride = createTheme({
  primaryColor: "sea",
  primaryShade: 7,
  colors: { sea },
  fontFamily: font,
  fontFamilyMonospace: mono,
  defaultRadius: "sm",
  respectReducedMotion: true,
  cursorType: "pointer",
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.125rem" },
  headings: {
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "1.25rem", lineHeight: "1.3" },
      h2: { fontSize: "1rem", lineHeight: "1.35" },
      h3: { fontSize: "0.875rem", lineHeight: "1.4" },
    },
  },
  components: {
    Button: { defaultProps: { size: "sm" } },
    TextInput: { defaultProps: { size: "sm" } },
    Select: { defaultProps: { size: "sm", allowDeselect: false } },
    NumberInput: { defaultProps: { size: "sm" } },
    // Words keep the colour of words: tints on tints are hard to read.
    Alert: {
      styles: {
        title: { color: "var(--mantine-color-text)" },
        icon: { color: "var(--mantine-color-text)" },
        message: { color: "var(--mantine-color-text)" },
      },
    },
    Modal: { defaultProps: { centered: true, closeButtonProps: close, transitionProps: { duration: 120 } } },
    Notification: { defaultProps: { closeButtonProps: close } },
    Drawer: { defaultProps: { closeButtonProps: close, transitionProps: { duration: 120 } } },
    Menu: { defaultProps: { shadow: "md", transitionProps: { duration: 80 } } },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: true } },
    Paper: { defaultProps: { withBorder: true } },
    Table: { defaultProps: { verticalSpacing: 6, horizontalSpacing: "sm" } },
  },
});
